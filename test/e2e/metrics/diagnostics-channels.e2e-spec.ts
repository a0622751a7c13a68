import {
  Body,
  Controller,
  UseGuards,
  type CanActivate,
  type INestApplication,
} from '@nestjs/common';
import { jest } from '@jest/globals';
import {
  Connection,
  RevaliWsMetrics,
  WebSocket,
  WebSocketConnection,
  type HandshakeRequest,
} from 'nestjs-revali-ws';
import { AsyncLocalStorage } from 'node:async_hooks';
import { channel } from 'node:diagnostics_channel';
import { performance } from 'node:perf_hooks';

import { startApp } from '../../support/apps/app-factory.js';
import { logChannel, unsubscribeAll } from '../../support/records/channel-log.js';
import { eventually, sleep } from '../../support/deadline.js';
import { gate, type Gate } from '../../support/gate.js';
import { ObserverLog } from '../../support/records/observer-log.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import { upgradeStatus } from '../../support/clients/upgrade-status.js';

const OPENED = 'nestjs-revali-ws:connection.opened';
const ENDED = 'nestjs-revali-ws:connection.ended';
const HANDLED = 'nestjs-revali-ws:message.handled';
const WORK_MS = 30;
/** Like no other time, to be told from others. */
const CLOSE_TIMEOUT = 7_777;

const aConnection: unknown = expect.any(WebSocketConnection);
const aNumber: unknown = expect.any(Number);

const storage = new AsyncLocalStorage<string>();
const connections: WebSocketConnection[] = [];
let closing: Gate | undefined;

class Locked implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

class Waiting implements CanActivate {
  async canActivate(): Promise<boolean> {
    await closing?.opened;
    return true;
  }
}

@Controller()
class RoomController {
  @WebSocket('room/:id')
  async talk(
    @Body() message: string,
    @Connection() connection: WebSocketConnection,
  ): Promise<string> {
    connections.push(connection);
    await sleep(WORK_MS);
    return message;
  }

  @WebSocket('echo')
  echo(@Body() message: string): string {
    return message;
  }

  @WebSocket('fail', { errors: 'reply' })
  fail(@Body() _message: string): void {
    throw new Error('no');
  }

  @WebSocket('feed', { mode: 'sendOnly' })
  async *feed(): AsyncGenerator<string> {
    yield 'one';
    await sleep(WORK_MS);
    yield 'two';
  }

  @WebSocket('greet', { triggerOnConnect: true })
  greet(): string {
    return 'hello';
  }

  @WebSocket('locked')
  @UseGuards(Locked)
  locked(): void {}

  @WebSocket('waiting')
  @UseGuards(Waiting)
  waiting(): void {}
}

function isConnection(value: unknown): value is WebSocketConnection {
  return value instanceof WebSocketConnection;
}

function connectionOf(event: object): WebSocketConnection {
  const connection: unknown = Reflect.get(event, 'connection');
  if (!isConnection(connection)) throw new TypeError('no connection');
  return connection;
}

/** The middleware of the app opens this store for what follows. */
function inStore(app: INestApplication): void {
  app.use((request: HandshakeRequest, _response: unknown, next: () => void) =>
    storage.run(`store of ${request.url}`, next),
  );
}

describe.each(platforms)('diagnostics channels on $name', (platform) => {
  const start = () => startApp(platform, { controllers: [RoomController] });

  beforeEach(() => {
    connections.length = 0;
  });
  afterEach(() => {
    unsubscribeAll();
    jest.restoreAllMocks();
    closing?.open();
    return closeAllApps();
  });

  it('tell of a connection that opens', async () => {
    const states: boolean[] = [];
    const log = logChannel(OPENED, (event) => states.push(connectionOf(event).isOpen));
    const app = await start();
    const client = await app.connect('room/7');
    const event = await log.event();
    expect(event).toEqual({
      route: 'RoomController.talk()',
      connection: aConnection,
    });
    expect(states).toEqual([true]);
    expect(connectionOf(event).params).toEqual({ id: '7' });
    client.send('hi');
    await client.text();
    expect(connections).toEqual([connectionOf(event)]);
  });

  it('let a subscriber send before anything else is sent', async () => {
    logChannel(OPENED, (event) => void connectionOf(event).send('first'));
    const app = await start();
    const client = await app.connect('greet');
    expect([await client.text(), await client.text()]).toEqual(['first', 'hello']);
  });

  it('let a subscriber close, and no handler is run', async () => {
    logChannel(OPENED, (event) => connectionOf(event).close(4001, 'Not you'));
    const handled = logChannel(HANDLED);
    const starting = jest.spyOn(globalThis, 'setTimeout');
    const stopping = jest.spyOn(globalThis, 'clearTimeout');
    const app = await startApp(platform, {
      controllers: [RoomController],
      forRoot: { closeTimeout: CLOSE_TIMEOUT },
    });
    const client = await app.connect('greet');
    expect(await client.closed).toMatchObject({ code: 4001, reason: 'Not you' });
    expect(client.received).toBe(0);
    expect(handled.events).toEqual([]);
    const started = starting.mock.results.flatMap(({ value }, call) =>
      starting.mock.calls[call]?.[1] === CLOSE_TIMEOUT ? [value] : [],
    );
    expect(started.length).toBeGreaterThan(0);
    const isStopped = (timer: unknown) => stopping.mock.calls.some(([given]) => given === timer);
    await eventually(() => expect(started.every(isStopped)).toBe(true), 'no timer to be left');
  });

  it('tell of a connection that ends, with the outcome that observers see', async () => {
    const opened = logChannel(OPENED);
    const ended = logChannel(ENDED);
    const observer = new ObserverLog();
    const app = await startApp(platform, {
      controllers: [RoomController],
      forRoot: { observers: [observer] },
    });
    const client = await app.connect('echo');
    client.send('hi');
    await client.text();
    expect(ended.events).toEqual([]);
    await client.close(4000, 'Bye');
    const outcome = await observer.outcome();
    expect(outcome).toMatchObject({
      kind: 'closed',
      code: 4000,
      reason: 'Bye',
      received: 1,
      sent: 1,
    });
    const event = await ended.event();
    expect(event).toEqual({
      route: 'RoomController.echo()',
      connection: connectionOf(await opened.event()),
      outcome,
    });
    expect(connectionOf(event)).toBe(connectionOf(await opened.event()));
  });

  it('tell of a handshake that is refused or left, and of none that no route was found for', async () => {
    closing = gate();
    const opened = logChannel(OPENED);
    const ended = logChannel(ENDED);
    const observer = new ObserverLog();
    const app = await startApp(platform, {
      controllers: [RoomController],
      forRoot: { observers: [observer] },
    });
    expect(await upgradeStatus(app, 'nowhere')).toBe(404);
    expect(await upgradeStatus(app, 'locked')).toBe(403);
    expect(await ended.event()).toMatchObject({
      route: 'RoomController.locked()',
      connection: aConnection,
      outcome: { kind: 'refused', status: 403, initiator: 'server' },
    });
    const client = await app.raw();
    client.upgrade('/waiting');
    await eventually(() => expect(observer.opened.length).toBe(2), 'the handshake');
    client.destroy();
    await eventually(() => expect(ended.events.length).toBe(2), 'the end of the handshake');
    expect(ended.events[1]).toMatchObject({
      route: 'RoomController.waiting()',
      outcome: { kind: 'refused', initiator: 'client' },
    });
    expect(ended.events[1]).not.toHaveProperty('outcome.status');
    expect(opened.events).toEqual([]);
  });

  it('tell of each call that has ended, and how long it took', async () => {
    const log = logChannel(HANDLED);
    const app = await start();
    const client = await app.connect('room/7');
    client.send('hi');
    await client.text();
    const event = await log.event();
    expect(event).toEqual({
      route: 'RoomController.talk()',
      connection: connections[0],
      durationMs: aNumber,
    });
    // Timers may fire up to a millisecond early.
    expect(Reflect.get(event, 'durationMs')).toBeGreaterThanOrEqual(WORK_MS - 1);
    client.send('again');
    await client.text();
    await eventually(() => expect(log.events.length).toBe(2), 'the second call');
  });

  it.each([
    ['fail', 'failed'],
    ['feed', 'sent a stream'],
  ])('tell of a call (%s) that %s', async (path) => {
    const log = logChannel(HANDLED);
    const app = await start();
    const client = await app.connect(path);
    if (path === 'fail') client.send('anything');
    else expect(await client.closed).toMatchObject({ code: 1000 });
    const event = await log.event();
    expect(event).toMatchObject({ route: `RoomController.${path}()` });
    const least = path === 'fail' ? 0 : WORK_MS - 1;
    expect(Reflect.get(event, 'durationMs')).toBeGreaterThanOrEqual(least);
  });

  it('tell of things in the order in which they happen', async () => {
    const order: string[] = [];
    for (const name of [HANDLED, ENDED, OPENED]) logChannel(name, () => order.push(name));
    const app = await start();
    const client = await app.connect('greet');
    await client.text();
    await client.close();
    await eventually(() => expect(order).toEqual([OPENED, HANDLED, ENDED]), 'three events');
  });

  it("run subscribers in the handshake's asynchronous context", async () => {
    const stores: (string | undefined)[] = [];
    for (const name of [OPENED, HANDLED, ENDED])
      logChannel(name, () => stores.push(storage.getStore()));
    const app = await startApp(platform, { controllers: [RoomController], configure: inStore });
    const client = await app.connect('echo');
    client.send('hi');
    await client.text();
    await client.close();
    await eventually(() => expect(stores).toHaveLength(3), 'three events');
    expect(new Set(stores)).toEqual(new Set(['store of /echo']));
  });

  it('do not make the metrics measure', async () => {
    const log = logChannel(HANDLED);
    const app = await start();
    const client = await app.connect('echo');
    client.send('hi');
    await client.text();
    await log.event();
    const { handled, handlerTime } = app.app.get(RevaliWsMetrics).snapshot().messages;
    expect({ handled, handlerTime }).toEqual({ handled: 1, handlerTime: 0 });
  });

  describe('without subscribers', () => {
    it('publish nothing and measure nothing', async () => {
      const publish = [OPENED, ENDED, HANDLED].map((name) => jest.spyOn(channel(name), 'publish'));
      const clock = jest.spyOn(performance, 'now');
      const published = () => publish.map(({ mock }) => mock.calls.length);
      const app = await start();

      async function life(): Promise<number> {
        const observed = app.app.get(RevaliWsMetrics).snapshot().messages.handled;
        const client = await app.connect('echo');
        clock.mockClear();
        client.send('hi');
        await client.text();
        const readings = clock.mock.calls.length;
        await client.close();
        expect(await upgradeStatus(app, 'locked')).toBe(403);
        expect(app.app.get(RevaliWsMetrics).snapshot().messages.handled).toBe(observed + 1);
        return readings;
      }

      // One for the share of the turn that messages may take, whoever listens.
      expect(await life()).toBe(1);
      expect(published()).toEqual([0, 0, 0]);

      const logs = [OPENED, ENDED, HANDLED].map((name) => logChannel(name));
      expect(await life()).toBe(3);
      await eventually(() => expect(published()).toEqual([1, 2, 1]), 'all to be published');
      for (const log of logs) log.unsubscribe();

      expect(await life()).toBe(1);
      expect(published()).toEqual([1, 2, 1]);
    });

    it('publish nothing to a subscriber that has left', async () => {
      const log = logChannel(OPENED);
      const app = await start();
      await app.connect('echo');
      await log.event();
      log.unsubscribe();
      await app.connect('echo');
      expect(log.events).toHaveLength(1);
    });
  });
});
