import {
  Body,
  Controller,
  ForbiddenException,
  HttpException,
  UnauthorizedException,
  UseGuards,
  type CanActivate,
  type Type,
} from '@nestjs/common';
import { WebSocket } from 'nestjs-revali-ws';
import { startApp, type AppSetup } from '../../support/apps/app-factory.js';
import { gate } from '../../support/gate.js';
import { moduleThat, refusals } from '../../support/apps/middleware.js';
import { ObserverLog } from '../../support/records/observer-log.js';
import { platforms, type Platform } from '../../support/apps/platforms.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';

const handled: string[] = [];

function guardThat(judge: () => boolean | Promise<boolean>): Type<CanActivate> {
  return class implements CanActivate {
    canActivate(): boolean | Promise<boolean> {
      return judge();
    }
  };
}

function guardThatThrows(error: Error): Type<CanActivate> {
  return guardThat(() => {
    throw error;
  });
}

/** A controller whose route `/chat` has this guard. */
function chatBehind(guard: Type<CanActivate>): Type<unknown> {
  @Controller()
  class ChatController {
    @UseGuards(guard)
    @WebSocket('chat', { triggerOnConnect: true })
    chat(@Body() message: string): string {
      handled.push(message);
      return 'served';
    }
  }
  return ChatController;
}

const open = guardThat(() => true);

function start(platform: Platform, setup: AppSetup): Promise<RunningApp> {
  const forRoot = { refusal: 'close', ...setup.forRoot } as const;
  return startApp(platform, { controllers: [chatBehind(open)], ...setup, forRoot });
}

async function expectRefusal(
  app: RunningApp,
  code: number,
  reason: string,
  path = '/chat',
  headers: Record<string, string> = {},
): Promise<void> {
  const client = await app.connect(path, { headers });
  expect(await client.closed).toEqual({ code, reason, wasClean: true });
  expect(client.received).toBe(0);
  expect(handled).toEqual([]);
}

describe.each(platforms)('refusals as close frames on $name', (platform) => {
  afterEach(closeAllApps);
  beforeEach(() => {
    handled.length = 0;
  });

  it.each<[what: string, guard: Type<CanActivate>, code: number, reason: string]>([
    ['false', guardThat(() => false), 4403, 'Forbidden resource'],
    ['false, later', guardThat(() => Promise.resolve(false)), 4403, 'Forbidden resource'],
    ['401', guardThatThrows(new UnauthorizedException('No token')), 4401, 'No token'],
    ['403', guardThatThrows(new ForbiddenException()), 4403, 'Forbidden'],
    ['429', guardThatThrows(new HttpException('Slow down', 429)), 4429, 'Slow down'],
    [
      'a body without a message',
      guardThatThrows(new HttpException({ a: 1 }, 418)),
      4418,
      "I'm a Teapot",
    ],
    [
      'several messages',
      guardThatThrows(new HttpException({ message: ['a', 'b'] }, 422)),
      4422,
      'a, b',
    ],
    ['an error', guardThatThrows(new Error('secret')), 4500, 'Internal server error'],
  ])('say what a guard said: %s', async (_what, guard, code, reason) => {
    const app = await start(platform, { controllers: [chatBehind(guard)] });
    await expectRefusal(app, code, reason);
  });

  it('cut a long message at a character', async () => {
    const guard = guardThatThrows(new UnauthorizedException('€'.repeat(100)));
    const app = await start(platform, { controllers: [chatBehind(guard)] });
    await expectRefusal(app, 4401, '€'.repeat(41));
  });

  it.each(refusals)('say what middleware said: it $refusal', async ({ refuse }) => {
    const module = moduleThat((consumer) => void consumer.apply(refuse).forRoutes('{*path}'));
    const app = await start(platform, { module });
    const client = await app.connect('/chat');
    const { code, reason } = await client.closed;
    expect(code).toBe(4401);
    expect(['Stay out', 'Unauthorized']).toContain(reason);
    expect(handled).toEqual([]);
  });

  it('say that there is nothing at the path', async () => {
    const app = await start(platform, {});
    await expectRefusal(app, 4404, 'Cannot GET /nowhere', '/nowhere');
  });

  it('say that the origin is not allowed', async () => {
    const app = await start(platform, {});
    const headers = { Origin: 'http://evil.io' };
    await expectRefusal(app, 4403, 'Origin is not allowed', '/chat', headers);
  });

  it('say that there are too many connections', async () => {
    const app = await start(platform, { forRoot: { maxConnections: 1 } });
    const first = await app.connect('/chat');
    await first.next();
    handled.length = 0;
    await expectRefusal(app, 4503, 'Too many connections');
    expect(first.isOpen).toBe(true);
  });

  it('say that there are too many handshakes', async () => {
    const asked = gate();
    const answer = gate();
    const guard = guardThat(async () => {
      asked.open();
      await answer.opened;
      return true;
    });
    const app = await start(platform, {
      controllers: [chatBehind(guard)],
      forRoot: { maxPendingHandshakes: 1 },
    });
    const first = app.connect('/chat');
    await asked.opened;
    await expectRefusal(app, 4503, 'Too many pending handshakes');
    answer.open();
    expect((await first).isOpen).toBe(true);
  });

  it('say that the handshake took too long', async () => {
    const app = await start(platform, {
      controllers: [chatBehind(guardThat(() => new Promise(() => undefined)))],
      forRoot: { handshakeTimeout: 100 },
    });
    await expectRefusal(app, 4408, 'The handshake took too long');
  });

  it('say that the server is shutting down', async () => {
    const asked = gate();
    const guard = guardThat(() => {
      asked.open();
      return new Promise(() => undefined);
    });
    const app = await start(platform, { controllers: [chatBehind(guard)] });
    const client = app.connect('/chat');
    await asked.opened;
    const closing = app.close();
    expect(await (await client).closed).toMatchObject({
      code: 4503,
      reason: 'Server is shutting down',
    });
    await closing;
  });

  it('are told to observers as the refusals that they are', async () => {
    const observer = new ObserverLog();
    const app = await start(platform, {
      controllers: [chatBehind(guardThat(() => false))],
      forRoot: { observers: [observer] },
    });
    await expectRefusal(app, 4403, 'Forbidden resource');
    expect(await observer.outcome()).toMatchObject({
      kind: 'refused',
      status: 403,
      initiator: 'server',
    });
  });

  it('do not touch those who are let in, nor plain requests', async () => {
    const app = await start(platform, {});
    const client = await app.connect('/chat');
    client.send('hi');
    await client.next();
    expect(await client.close(1000)).toMatchObject({ code: 1000 });
    expect((await app.get('/chat')).status).toBe(426);
    expect((await app.get('/nowhere')).status).toBe(404);
  });
});
