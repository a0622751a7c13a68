import {
  Body,
  Catch,
  Controller,
  ForbiddenException,
  Injectable,
  Scope,
  UseFilters,
  UseGuards,
  type CanActivate,
  type ExceptionFilter,
  type ExecutionContext,
} from '@nestjs/common';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import {
  CleanUp,
  CloseWebSocketException,
  RevaliWsMetrics,
  UseObservers,
  WebSocket,
  type WebSocketObserver,
} from 'nestjs-revali-ws';

import { startApp } from '../support/apps/app-factory.js';
import { eventually } from '../support/deadline.js';
import { platforms } from '../support/apps/platforms.js';
import { Opcode } from '../support/raw/raw-frame.js';
import type { LogEntry } from '../support/records/recording-logger.js';
import { closeAllApps, type RunningApp } from '../support/apps/running-app.js';
import { upgradeStatus } from '../support/clients/upgrade-status.js';

const SECRET = 'hunter2';
const MESSAGES = 1_000;
const refusals: readonly (readonly [path: string, status: number])[] = [
  ['nowhere', 404],
  ['echo?forbidden', 403],
  ['echo?closed', 403],
  ['%65cho', 400],
];
const TIMES = 20;

@Injectable()
class DoorGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { url } = context.switchToHttp().getRequest<{ url: string }>();
    if (url.includes('forbidden')) throw new ForbiddenException();
    return !url.includes('closed');
  }
}

class FailingObserver implements WebSocketObserver {
  onClose(): void {
    throw new Error('observer');
  }
}

@Catch(TypeError)
class FailingFilter implements ExceptionFilter {
  catch(): void {
    throw new Error('filter');
  }
}

@UseGuards(DoorGuard)
@Controller()
class BusyController {
  @WebSocket('echo')
  echo(@Body() message: string): string {
    return message;
  }
  @WebSocket('reply', { errors: 'reply' })
  reply(@Body() body: { readonly close?: boolean }): object {
    if (body.close) throw new CloseWebSocketException(4000, 'As asked');
    throw new ForbiddenException('Not that');
  }
  @WebSocket('json', { format: 'json' })
  json(@Body() body: unknown): unknown {
    return body;
  }
  @WebSocket('small', { maxPayload: 100, messageRate: { limit: 2, per: '1m' } })
  small(): void {}
}

@Controller()
class FaultyController {
  @WebSocket('fault', { errors: 'reply' })
  fault(): never {
    throw new Error('handler');
  }
  @UseObservers(FailingObserver)
  @WebSocket('end')
  end(@Body() _body: unknown, cleanUp: CleanUp): void {
    cleanUp.add(() => {
      throw new Error('clean-up');
    });
  }
}

/** An instance for each connection, which must not begin to count anew. */
@Controller({ scope: Scope.REQUEST })
class ScopedController {
  @WebSocket('received', { mode: 'receiveOnly' })
  receive(): string {
    return SECRET;
  }
  @UseFilters(FailingFilter)
  @WebSocket('filtered', { errors: 'reply' })
  filtered(): never {
    throw new TypeError('handler');
  }
}

@WebSocketGateway({ path: '/gateway' })
class BusyGateway {
  @SubscribeMessage('echo')
  echo(): object {
    return { event: 'echo' };
  }
}

const shown = ({ level, context = '', message }: LogEntry): string[] => [level, context, message];

/** What has been logged since the application started. */
function linesSince(app: RunningApp, start: number): string[][] {
  return app.logs.entries.slice(start).map(shown);
}

const times = (run: () => Promise<unknown>): Promise<unknown> =>
  Promise.all(Array.from({ length: TIMES }, run));

/** Sends each of the messages to a connection of its own, and waits for what becomes of it. */
async function closeEach(app: RunningApp, path: string, ...messages: (string | Buffer)[]) {
  for (const message of messages) {
    const client = await app.connect(path);
    client.send(message);
    await client.closed;
  }
}

async function clientsMisbehave(app: RunningApp): Promise<void> {
  for (const [path, status] of refusals)
    await times(async () => expect(await upgradeStatus(app, path)).toBe(status));
  await closeEach(app, 'json', `{"password":"${SECRET}`, Buffer.from([0xff]));
  await closeEach(app, 'small', SECRET.repeat(100));
  await closeEach(app, 'reply', '{"close":true}');
  await times(async () => {
    const replied = await app.connect('reply');
    replied.send(`{"password":"${SECRET}"}`);
    await replied.next();
    replied.terminate();
    const malformed = await app.raw();
    malformed.upgrade('/echo');
    await malformed.response();
    malformed.frame({ rsv: 7, opcode: Opcode.text, payload: SECRET });
    expect((await malformed.nextFrame()).opcode).toBe(Opcode.close);
    malformed.destroy();
  });
}

describe.each(platforms)('the log on $name', (platform) => {
  afterEach(closeAllApps);

  it('has a line for each route, and none for what clients do', async () => {
    const app = await startApp(platform, { controllers: [BusyController] });
    expect(
      app.logs.entries.filter(({ context }) => context === 'WebSocketRoutes').map(shown),
    ).toEqual(
      ['echo', 'reply', 'json', 'small'].map((path) => [
        'log',
        'WebSocketRoutes',
        `Mapped {/${path}, WS} route`,
      ]),
    );
    const start = app.logs.entries.length;
    const client = await app.connect('echo');
    for (let sent = 0; sent < MESSAGES; sent += 1) client.send(SECRET);
    for (let received = 0; received < MESSAGES; received += 1) await client.next();
    await clientsMisbehave(app);
    const metrics = app.app.get(RevaliWsMetrics);
    await eventually(
      () => expect(metrics.snapshot().connections.open).toBe(1),
      'the others to end',
    );
    expect(linesSince(app, start)).toEqual([]);
    await app.close();
    expect(linesSince(app, start)).toEqual([
      [
        'log',
        'WebSocketShutdown',
        'Connections: 1 closed, 0 forced. Calls: 0 finished, 0 aborted. Handshakes: 0 refused.',
      ],
    ]);
  });

  it('warns of refused origins, quoted, once in a while', async () => {
    const app = await startApp(platform, { controllers: [BusyController] });
    const start = app.logs.entries.length;
    await times(() => upgradeStatus(app, 'echo', { origin: 'http://evil.example' }));
    expect(linesSince(app, start)).toEqual([
      [
        'warn',
        'WebSocketHandshake',
        'BusyController.echo() refused the origin "http://evil.example". Add it to the option "origins" to allow it.',
      ],
    ]);
  });

  it("has the application's own errors, each with its stack", async () => {
    const app = await startApp(platform, { controllers: [FaultyController] });
    const start = app.logs.entries.length;
    const client = await app.connect('fault');
    client.send(SECRET);
    client.send(SECRET);
    await client.next();
    await client.next();
    const ending = await app.connect('end');
    ending.send(SECRET);
    await ending.close();
    await eventually(() => expect(linesSince(app, start)).toHaveLength(4), 'the lines');
    expect(linesSince(app, start)).toEqual([
      ['error', 'WebSocketExceptionsHandler', 'FaultyController.fault(): handler'],
      ['error', 'WebSocketExceptionsHandler', 'FaultyController.fault(): handler'],
      ['error', 'WebSocketConnection', 'An observer of FaultyController.end() failed'],
      ['error', 'WebSocketConnection', 'A clean-up of FaultyController.end() failed'],
    ]);
    for (const { stack } of app.logs.at('error')) expect(stack).toContain('log.e2e-spec');
  });

  it('tells once of a route what is so for each of its messages', async () => {
    const app = await startApp(platform, { controllers: [ScopedController] });
    const start = app.logs.entries.length;
    for (let connections = 0; connections < 3; connections += 1) {
      const receiver = await app.connect('received');
      receiver.send(SECRET);
      await receiver.close();
      const filtered = await app.connect('filtered');
      filtered.send(SECRET);
      await filtered.next();
    }
    const handler = 'WebSocketExceptionsHandler';
    const fault = ['error', handler, 'ScopedController.filtered(): handler'];
    expect(linesSince(app, start)).toEqual([
      ['debug', handler, 'ScopedController.receive() is receive-only: what it returns is dropped'],
      ['warn', handler, expect.stringContaining('An exception filter failed for a message of')],
      fault,
      fault,
      fault,
    ]);
  });

  it('has no line for each message that a gateway cannot use', async () => {
    const app = await startApp(platform, { providers: [BusyGateway] });
    const start = app.logs.entries.length;
    const client = await app.connect('gateway');
    for (let sent = 0; sent < TIMES; sent += 1) {
      client.send(`{"event":"${SECRET}"}`);
      client.send(`{"password":"${SECRET}`);
    }
    client.send('{"event":"echo"}');
    await client.next();
    expect(linesSince(app, start)).toEqual([
      [
        'debug',
        'WebSocketGateways',
        'A message was dropped: no @SubscribeMessage() matches its event',
      ],
      [
        'debug',
        'WebSocketGateways',
        'A frame was dropped: it cannot be parsed (InvalidPayloadException)',
      ],
    ]);
    expect(JSON.stringify(app.logs.entries)).not.toContain(SECRET);
  });
});
