import { AsyncLocalStorage } from 'node:async_hooks';

import {
  Body,
  Inject,
  Injectable,
  Param,
  ParseIntPipe,
  Scope,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import {
  CleanUp,
  CloseWebSocketException,
  OnClose,
  OnConnect,
  OnMessage,
  UseObservers,
  WebSocketConnection,
  WebSocketController,
  type ConnectionOutcome,
} from 'nestjs-revali-ws';

import { startApp } from '../../support/apps/app-factory.js';
import { eventually } from '../../support/deadline.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';

let notes: string[] = [];
const storage = new AsyncLocalStorage<string>();

@UseObservers({
  onOpen: () => void notes.push('observer open'),
  onClose: () => void notes.push('observer close'),
})
@UseGuards({
  canActivate: (context) =>
    !context.switchToHttp().getRequest<{ url: string }>().url.includes('no'),
})
@WebSocketController('life/:id')
class LifeController {
  @OnConnect()
  connect(@Param('id', ParseIntPipe) id: number, cleanUp: CleanUp): { welcome: number } {
    cleanUp.add(() => notes.push('clean-up'));
    notes.push('connect');
    return { welcome: id };
  }

  @OnMessage('close')
  close(): never {
    throw new CloseWebSocketException(4001, 'Enough');
  }

  @OnMessage('echo')
  echo(@Body() message: unknown): unknown {
    return message;
  }

  @UseGuards({ canActivate: () => Boolean(notes.push('guard')) })
  @UseInterceptors({ intercept: (_context, next) => (notes.push('interceptor'), next.handle()) })
  @OnClose()
  bye(
    outcome: ConnectionOutcome,
    @Param('id', ParseIntPipe) id: number,
    connection: WebSocketConnection,
  ): string {
    const { code, reason, initiator } = outcome;
    notes.push(`close ${id} ${code} ${reason} ${initiator} ${storage.getStore()}`);
    if (connection.params.id !== String(id)) notes.push('another connection');
    return 'to nobody';
  }
}

@Injectable({ scope: Scope.REQUEST })
class Visit {
  messages = 0;

  constructor(@Inject(REQUEST) readonly request: { url: string }) {}
}

@WebSocketController('scoped')
class ScopedController {
  constructor(private readonly visit: Visit) {
    notes.push('made');
  }

  @OnMessage('count')
  count(): { count: number } {
    this.visit.messages += 1;
    return { count: this.visit.messages };
  }

  @OnClose()
  bye(): void {
    notes.push(`${this.visit.request.url} ${this.visit.messages}`);
  }
}

@WebSocketController('failing')
class FailingController {
  @OnConnect()
  connect(cleanUp: CleanUp): void {
    cleanUp.add(() => notes.push('clean-up'));
  }

  @OnClose()
  async bye(outcome: ConnectionOutcome): Promise<void> {
    if (outcome.code === 4000) throw new Error('at once');
    await Promise.resolve();
    throw new Error('later');
  }
}

let release = (): void => undefined;

@WebSocketController('slow')
class SlowController {
  @OnConnect()
  connect(cleanUp: CleanUp): void {
    cleanUp.add(() => notes.push('clean-up'));
  }

  @OnClose()
  async bye(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => notes.push('aborted'));
    await new Promise<void>((resolve) => (release = resolve));
    notes.push('done');
  }
}

@WebSocketController('endless')
class EndlessController {
  @OnConnect()
  connect(cleanUp: CleanUp): void {
    cleanUp.add(() => notes.push('clean-up'));
  }

  @OnClose()
  bye(): Promise<never> {
    return new Promise(() => undefined);
  }
}

class Base {
  @OnConnect()
  connect(): string {
    return 'base';
  }

  @OnMessage('a')
  a(): string {
    return 'base a';
  }

  @OnMessage('b')
  b(): string {
    return 'base b';
  }
}

@WebSocketController('base')
class BaseController extends Base {}

/** Has its route, its path and its messages from the class above. */
class HeirController extends BaseController {
  @OnMessage('a')
  override a(): string {
    return 'heir a';
  }

  /** Without a decorator it takes nothing, as with Nest's own. */
  override b(): string {
    return 'heir b';
  }
}

describe.each(platforms)('the life of a controller of messages on $name', (platform) => {
  beforeEach(() => (notes = []));
  afterEach(closeAllApps);

  it('begins with @OnConnect(), whose result is sent before any message', async () => {
    const app = await startApp(platform, { controllers: [LifeController] });
    const client = await app.connect('/life/7');
    client.sendJson({ type: 'echo' });
    expect(await client.json()).toEqual({ welcome: 7 });
    expect(await client.json()).toEqual({ type: 'echo' });
  });

  it('ends with @OnClose(), after the observers and before the clean-ups', async () => {
    const app = await startApp(platform, {
      controllers: [LifeController],
      configure: (created) =>
        void created.use((_request: unknown, _response: unknown, next: () => void) =>
          storage.run('kept', next),
        ),
    });
    const client = await app.connect('/life/7');
    await client.json();
    notes = [];
    await client.close(4000, 'Bye');
    await eventually(() => expect(notes).toContain('clean-up'), 'the end');
    expect(notes).toEqual(['observer close', 'close 7 4000 Bye client kept', 'clean-up']);
  });

  it.each([
    ['the server', 'close 7 4001 Enough server'],
    ['the network', 'close 7 1006  network'],
  ])('ends so where %s ends it, and once', async (who, expected) => {
    const app = await startApp(platform, { controllers: [LifeController] });
    const client = await app.connect('/life/7');
    await client.json();
    if (who === 'the network') client.terminate();
    else client.sendJson({ type: 'close' });
    await eventually(() => expect(notes).toContain('clean-up'), 'the end');
    await app.close();
    expect(notes.filter((line) => line.startsWith('close'))).toEqual([`${expected} undefined`]);
    expect(notes.indexOf('observer close')).toBeLessThan(notes.indexOf(`${expected} undefined`));
    expect(notes).not.toContain('guard');
    expect(notes).not.toContain('interceptor');
  });

  it('does not begin where the handshake is refused', async () => {
    const app = await startApp(platform, { controllers: [LifeController] });
    await expect(app.connect('/life/7?no')).rejects.toThrow('403');
    expect(notes).toEqual(['observer open', 'observer close']);
  });

  it('is that of one instance a connection where the controller is request-scoped', async () => {
    const app = await startApp(platform, { controllers: [ScopedController], providers: [Visit] });
    const ann = await app.connect('/scoped?ann');
    const bob = await app.connect('/scoped?bob');
    for (const client of [ann, ann, bob]) client.sendJson({ type: 'count' });
    expect([await ann.json(), await ann.json(), await bob.json()]).toEqual([
      { count: 1 },
      { count: 2 },
      { count: 1 },
    ]);
    await ann.close();
    await bob.close();
    await eventually(() => expect(notes).toHaveLength(4), 'the end');
    expect(notes).toEqual(['made', 'made', '/scoped?ann 2', '/scoped?bob 1']);
  });

  it('ends all the same where @OnClose() fails, which is logged', async () => {
    const app = await startApp(platform, { controllers: [FailingController] });
    for (const code of [4000, 4001]) {
      const client = await app.connect('/failing');
      expect(await client.close(code)).toMatchObject({ code });
    }
    const failures = () => app.logs.entries.filter(({ level }) => level === 'error');
    await eventually(() => expect(failures()).toHaveLength(2), 'the end');
    expect(failures().map(({ message }) => message)).toEqual(
      Array(2).fill('FailingController.bye() failed'),
    );
    expect(notes).toEqual(['clean-up', 'clean-up']);
  });

  it('is waited for by the clean-ups, and when the application closes', async () => {
    const app = await startApp(platform, { controllers: [SlowController] });
    const client = await app.connect('/slow');
    await client.close();
    const closing = app.close().then(() => notes.push('closed'));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(notes).toEqual(['aborted']);
    release();
    await closing;
    expect(notes).toEqual(['aborted', 'done', 'clean-up', 'closed']);
  });

  it('is not held up for ever by an @OnClose() that never settles', async () => {
    const app = await startApp(platform, {
      controllers: [EndlessController],
      forRoot: { shutdownTimeout: 100 },
    });
    const client = await app.connect('/endless');
    await client.close();
    await eventually(() => expect(notes).toEqual(['clean-up']), 'the clean-up');
    const warnings = app.logs.at('warn').map(({ message }) => message);
    expect(warnings).toEqual([
      expect.stringContaining('@OnClose() of EndlessController has not settled within 100 ms'),
    ]);
    await app.close();
  });

  it('is inherited', async () => {
    const app = await startApp(platform, { controllers: [HeirController] });
    const client = await app.connect('/base');
    expect(await client.text()).toBe('base');
    client.sendJson({ type: 'a' });
    expect(await client.text()).toBe('heir a');
    client.sendJson({ type: 'b' });
    expect(await client.closed).toMatchObject({ code: 1007, reason: 'Unknown message type' });
  });
});
