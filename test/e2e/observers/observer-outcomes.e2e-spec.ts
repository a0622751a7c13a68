import {
  BadRequestException,
  Body,
  Controller,
  Module,
  UnauthorizedException,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
  type MiddlewareConsumer,
  type NestModule,
} from '@nestjs/common';
import {
  CloseWebSocket,
  CloseWebSocketException,
  InvalidPayloadException,
  WebSocket,
  WebSocketMode,
  type RevaliWsModuleOptions,
} from 'nestjs-revali-ws';
import type { ServerResponse } from 'node:http';
import { startApp } from '../../support/apps/app-factory.js';
import { eventually, sleep } from '../../support/deadline.js';
import { ObserverLog } from '../../support/records/observer-log.js';
import { aNumber, anError, anything, objectWith, textWith } from '../../support/matchers.js';
import { platforms, type Platform } from '../../support/apps/platforms.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';

const handlerError = new Error('the handler is broken');
const badRequest = new BadRequestException('no such room');
const unauthorized = new UnauthorizedException('who are you?');

interface Passage {
  readonly guard: () => unknown;
}

/** What the guard and the middleware of the next upgrade do. */
const passage: { guard: Passage['guard']; middleware: (() => unknown) | undefined } = {
  guard: () => true,
  middleware: undefined,
};

class Doorman implements CanActivate {
  async canActivate(_context: ExecutionContext): Promise<boolean> {
    return (await passage.guard()) === true;
  }
}

@UseGuards(Doorman)
@Controller()
class RoomController {
  @WebSocket('room')
  say(@Body() text: string, closer: CloseWebSocket): string | undefined {
    if (text === 'close') closer.close(4001, 'Server has enough');
    if (text === 'throw') throw handlerError;
    if (text === 'refuse') throw badRequest;
    if (text === 'close exception') throw new CloseWebSocketException(4002, 'Thrown');
    return text === 'quiet' || text === 'close' ? undefined : text;
  }

  @WebSocket('reply', { errors: 'reply' })
  reply(): void {
    throw handlerError;
  }

  @WebSocket('json')
  json(@Body() numbers: number[]): number {
    return numbers.length;
  }

  @WebSocket('feed', { mode: WebSocketMode.sendOnly })
  *feed(): Generator<string> {
    yield 'a';
    yield 'b';
  }
}

@Module({ controllers: [RoomController] })
class RoomModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer
      .apply((_request: unknown, response: ServerResponse, next: () => void) => {
        const act = passage.middleware;
        if (!act) return next();
        if (act() !== 'answer') return undefined;
        response.statusCode = 418;
        return response.end('teapot');
      })
      .forRoutes(RoomController);
  }
}

async function start(
  platform: Platform,
  forRoot: RevaliWsModuleOptions = {},
): Promise<{ app: RunningApp; log: ObserverLog }> {
  const log = new ObserverLog();
  const app = await startApp(platform, {
    module: RoomModule,
    forRoot: { ...forRoot, observers: [log] },
  });
  return { app, log };
}

describe.each(platforms)('what observers are told of the end on $name', (platform) => {
  beforeEach(() => {
    passage.guard = () => true;
    passage.middleware = undefined;
  });
  afterEach(closeAllApps);

  describe('of a refused upgrade', () => {
    const refused = { kind: 'refused', received: 0, sent: 0, durationMs: aNumber };

    it('that has a foreign origin', async () => {
      const { app, log } = await start(platform);
      const foreign = app.connect('/room', { origin: 'https://evil.example' });
      await expect(foreign).rejects.toMatchObject({ status: 403 });
      expect(await log.outcome()).toMatchObject({ ...refused, status: 403, initiator: 'server' });
    });

    it('that middleware throws for', async () => {
      const { app, log } = await start(platform);
      passage.middleware = () => {
        throw unauthorized;
      };
      await expect(app.connect('/room')).rejects.toMatchObject({ status: 401 });
      expect(await log.outcome()).toMatchObject({ ...refused, status: 401, initiator: 'server' });
    });

    it('that middleware answers by itself', async () => {
      const { app, log } = await start(platform);
      passage.middleware = () => 'answer';
      await expect(app.connect('/room')).rejects.toMatchObject({ status: 418, body: 'teapot' });
      expect(await log.outcome()).toEqual({ ...refused, status: 418, initiator: 'server' });
    });

    it('that a guard says no to', async () => {
      const { app, log } = await start(platform);
      passage.guard = () => false;
      await expect(app.connect('/room')).rejects.toMatchObject({ status: 403 });
      expect(await log.outcome()).toEqual({
        ...refused,
        status: 403,
        initiator: 'server',
        error: objectWith({ status: 403 }),
      });
    });

    it('that a guard throws for, with what it threw', async () => {
      const { app, log } = await start(platform);
      passage.guard = () => Promise.reject(unauthorized);
      await expect(app.connect('/room')).rejects.toMatchObject({ status: 401 });
      const outcome = await log.outcome();
      expect(outcome).toEqual({
        ...refused,
        status: 401,
        initiator: 'server',
        error: anything,
      });
      expect(outcome.error).toBe(unauthorized);
    });

    it('that a guard takes too long for', async () => {
      const { app, log } = await start(platform, { handshakeTimeout: 40 });
      passage.guard = () => new Promise(() => undefined);
      await expect(app.connect('/room')).rejects.toMatchObject({ status: 408 });
      const outcome = await log.outcome();
      expect(outcome).toEqual({ ...refused, status: 408, initiator: 'server' });
      // Timers and this clock do not count alike.
      expect(outcome.durationMs).toBeGreaterThanOrEqual(20);
    });

    it('that middleware never lets go on', async () => {
      const { app, log } = await start(platform, { handshakeTimeout: 40 });
      passage.middleware = () => 'wait';
      await expect(app.connect('/room')).rejects.toMatchObject({ status: 408 });
      expect(await log.outcome()).toEqual({ ...refused, status: 408, initiator: 'server' });
    });

    it('whose client leaves', async () => {
      const { app, log } = await start(platform);
      let letIn = (_allowed: boolean): void => undefined;
      passage.guard = () => new Promise<boolean>((resolve) => (letIn = resolve));
      const client = await app.raw();
      client.upgrade('/room');
      await eventually(() => expect(log.opened).toHaveLength(1), 'onOpen');
      client.destroy();
      expect(await log.outcome()).toEqual({ ...refused, initiator: 'client' });
      letIn(true);
      await client.ended;
      expect(log.outcomes).toHaveLength(1);
    });

    it('that is under way when the application stops', async () => {
      const { app, log } = await start(platform);
      passage.guard = () => new Promise(() => undefined);
      const attempt = expect(app.connect('/room')).rejects.toMatchObject({ status: 503 });
      await eventually(() => expect(log.opened).toHaveLength(1), 'onOpen');
      await app.close();
      await attempt;
      expect(await log.outcome()).toEqual({ ...refused, status: 503, initiator: 'server' });
    });
  });

  describe('of a connection', () => {
    it('that the client closes', async () => {
      const { app, log } = await start(platform);
      const client = await app.connect('/room');
      for (const text of ['one', 'quiet', 'two']) client.send(text);
      await client.text();
      await client.text();
      await client.close(3999, 'I am done');
      expect(await log.outcome()).toEqual({
        kind: 'closed',
        code: 3999,
        reason: 'I am done',
        initiator: 'client',
        received: 3,
        sent: 2,
        durationMs: aNumber,
      });
    });

    it('that the client closes without a code', async () => {
      const { app, log } = await start(platform);
      await (await app.connect('/room')).close();
      expect(await log.outcome()).toMatchObject({ code: 1005, reason: '', initiator: 'client' });
    });

    it('lasts from the upgrade request to the close', async () => {
      const { app, log } = await start(platform);
      passage.guard = () => sleep(40).then(() => true);
      const started = Date.now();
      await (await app.connect('/room')).close();
      const { durationMs } = await log.outcome();
      expect(durationMs).toBeGreaterThanOrEqual(35);
      expect(durationMs).toBeLessThanOrEqual(Date.now() - started + 1);
    });

    it.each([
      ['a handler closes', 'close', 4001, 'Server has enough', undefined],
      ['a handler throws in', 'throw', 1011, 'Internal server error', handlerError],
      ['a handler refuses a message of', 'refuse', 1007, 'no such room', badRequest],
      ['CloseWebSocketException closes', 'close exception', 4002, 'Thrown', anError],
    ])('that %s', async (_how, message, code, reason, error: unknown) => {
      const { app, log } = await start(platform);
      const client = await app.connect('/room');
      client.send(message);
      expect(await client.closed).toMatchObject({ code, reason });
      expect(await log.outcome()).toEqual({
        kind: 'closed',
        code,
        reason,
        initiator: 'server',
        received: 1,
        sent: 0,
        durationMs: aNumber,
        ...(error === undefined ? {} : { error }),
      });
    });

    it('whose payload cannot be decoded', async () => {
      const { app, log } = await start(platform);
      const client = await app.connect('/json');
      client.send('[1,');
      await client.closed;
      const outcome = await log.outcome();
      expect(outcome).toMatchObject({ code: 1007, reason: 'Invalid payload', initiator: 'server' });
      expect(outcome.error).toBeInstanceOf(InvalidPayloadException);
    });

    it('that outlives its errors', async () => {
      const { app, log } = await start(platform);
      const client = await app.connect('/reply');
      client.send('hi');
      await client.json();
      await client.close(1000);
      const outcome = await log.outcome();
      expect(outcome).toMatchObject({ code: 1000, initiator: 'client', received: 1, sent: 1 });
      expect(outcome).not.toHaveProperty('error');
    });

    it('that sent all it had', async () => {
      const { app, log } = await start(platform);
      const client = await app.connect('/feed');
      await client.closed;
      expect(await log.outcome()).toMatchObject({
        kind: 'closed',
        code: 1000,
        reason: 'Normal closure',
        initiator: 'server',
        received: 0,
        sent: 2,
      });
    });

    it('that answers no ping', async () => {
      const { app, log } = await start(platform, { ping: { interval: 30, timeout: 30 } });
      const client = await app.raw();
      client.upgrade('/room');
      await client.response();
      expect(await log.outcome()).toMatchObject({
        kind: 'closed',
        code: 1001,
        reason: 'Heartbeat lost',
        initiator: 'server',
      });
    });

    it.each([
      ['a reset', 'resetAndDestroy'],
      ['an end without a close frame', 'end'],
    ] as const)('that breaks off by %s', async (_how, cut) => {
      const { app, log } = await start(platform);
      const client = await app.raw();
      client.upgrade('/room');
      await client.response();
      client[cut]();
      expect(await log.outcome()).toEqual({
        kind: 'closed',
        code: 1006,
        reason: '',
        initiator: 'network',
        received: 0,
        sent: 0,
        durationMs: aNumber,
      });
    });

    it('whose message is too big, with the error', async () => {
      const { app, log } = await start(platform, { maxPayload: 10 });
      const client = await app.connect('/room');
      client.send('12345678901');
      expect(await client.closed).toMatchObject({ code: 1009 });
      expect(await log.outcome()).toMatchObject({
        code: 1009,
        initiator: 'server',
        error: objectWith({ message: textWith('payload') }),
      });
    });

    it('that is open when the application stops', async () => {
      const { app, log } = await start(platform);
      const client = await app.connect('/room');
      await app.close();
      expect(await client.closed).toMatchObject({ code: 1001 });
      expect(await log.outcome()).toMatchObject({
        kind: 'closed',
        code: 1001,
        reason: 'Server is shutting down',
        initiator: 'server',
      });
    });
  });
});
