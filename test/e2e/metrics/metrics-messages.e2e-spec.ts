import { BadRequestException, Body, Controller } from '@nestjs/common';
import {
  CloseWebSocket,
  RevaliWsMetrics,
  WebSocket,
  WebSocketConnection,
  type RevaliWsMetricsSnapshot,
} from 'nestjs-revali-ws';

import { startApp } from '../../support/apps/app-factory.js';
import { eventually, sleep } from '../../support/deadline.js';
import { gate, type Gate } from '../../support/gate.js';
import { ObserverLog } from '../../support/records/observer-log.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';

const WORK_MS = 30;
/** More than the buffers of a kernel take, in messages of this size. */
const CHUNK = Buffer.alloc(64 * 1024);
const BURST = 256;

let holding: Gate | undefined;

function burst(connection: WebSocketConnection): void {
  for (let sent = 0; sent < BURST; sent += 1) void connection.send(CHUNK);
}

@Controller()
class BusyController {
  @WebSocket('echo')
  echo(@Body() message: string): string {
    return message;
  }

  @WebSocket('binary')
  binary(@Body() message: Buffer): Buffer {
    return message;
  }

  @WebSocket('silent')
  silent(@Body() _message: string): void {}

  @WebSocket('fail', { errors: 'reply' })
  fail(@Body() _message: string): void {
    throw new BadRequestException('no');
  }

  @WebSocket('hold')
  async hold(@Body() message: string): Promise<string> {
    await holding?.opened;
    return message;
  }

  @WebSocket('work')
  async work(@Body() message: string): Promise<string> {
    await sleep(WORK_MS);
    return message;
  }

  @WebSocket('feed', { mode: 'sendOnly' })
  *feed(): Generator<string> {
    yield 'one';
    yield 'two';
  }

  @WebSocket('greet', { triggerOnConnect: true })
  greet(@Body() message: string | undefined): string {
    return message ?? 'hello';
  }
}

@Controller()
class BurstController {
  @WebSocket('drop', { backpressure: { highWaterMark: CHUNK.length, policy: 'drop' } })
  drop(@Body() _message: string, connection: WebSocketConnection): void {
    burst(connection);
  }

  @WebSocket('close', { backpressure: { highWaterMark: CHUNK.length, policy: 'close' } })
  close(@Body() _message: string, connection: WebSocketConnection): void {
    burst(connection);
  }

  @WebSocket('wait', { backpressure: { highWaterMark: CHUNK.length, timeout: 50 } })
  wait(@Body() _message: string, connection: WebSocketConnection): void {
    burst(connection);
  }

  @WebSocket('leave', {
    backpressure: { highWaterMark: CHUNK.length, timeout: 50, maxWaiting: { bytes: 1e8 } },
  })
  leave(@Body() _message: string, connection: WebSocketConnection, closer: CloseWebSocket): void {
    burst(connection);
    closer.close(4000, 'Bye');
  }
}

const controllers = [BusyController, BurstController];
const metricsOf = (app: RunningApp): RevaliWsMetrics => app.app.get(RevaliWsMetrics);
const messages = (app: RunningApp): RevaliWsMetricsSnapshot['messages'] =>
  metricsOf(app).snapshot().messages;
const bytes = (app: RunningApp): RevaliWsMetricsSnapshot['bytes'] =>
  metricsOf(app).snapshot().bytes;
const slowConsumers = (app: RunningApp): number =>
  metricsOf(app).snapshot().connections.slowConsumers;

/** One call that takes its time. @returns What all calls took so far. */
async function work(app: RunningApp): Promise<number> {
  const client = await app.connect('work');
  const { handled } = messages(app);
  client.send('anything');
  await client.text();
  await eventually(() => expect(messages(app).handled).toBe(handled + 1), 'the end of the call');
  return messages(app).handlerTime;
}

describe.each(platforms)('the metrics of messages on $name', (platform) => {
  afterEach(() => {
    holding?.open();
    return closeAllApps();
  });

  it('count what comes in and goes out', async () => {
    const app = await startApp(platform, { controllers });
    const echo = await app.connect('echo');
    const silent = await app.connect('silent');
    for (const message of ['one', 'two', 'three']) echo.send(message);
    for (let got = 0; got < 3; got += 1) await echo.text();
    silent.send('four');
    await eventually(() => expect(messages(app).received).toBe(4), 'four messages');
    expect(messages(app)).toMatchObject({ received: 4, sent: 3, handled: 4, dropped: 0 });
    await echo.close();
    await silent.close();
    expect(messages(app)).toMatchObject({ received: 4, sent: 3, handled: 4, dropped: 0 });
  });

  it('count each item of a stream, and the call on connect', async () => {
    const app = await startApp(platform, { controllers });
    expect(await (await app.connect('feed')).closed).toMatchObject({ code: 1000 });
    expect(messages(app)).toMatchObject({ received: 0, sent: 2, handled: 1 });
    const client = await app.connect('greet');
    expect(await client.text()).toBe('hello');
    client.send('again');
    expect(await client.text()).toBe('again');
    expect(messages(app)).toMatchObject({ received: 1, sent: 4, handled: 3 });
  });

  it('count calls that failed, and what the client is told of them', async () => {
    const app = await startApp(platform, { controllers });
    const client = await app.connect('fail');
    client.send('anything');
    await client.json();
    await eventually(() => expect(messages(app).handled).toBe(1), 'the end of the call');
    expect(messages(app)).toMatchObject({ received: 1, sent: 1 });
  });

  it('count payload bytes in, and the bytes of frames out', async () => {
    const app = await startApp(platform, { controllers });
    const text = await app.connect('echo');
    const binary = await app.connect('binary');
    let received = 0;
    let sent = 0;
    // The last of each kind is written as a frame of its own; a header has 2, 4 or 10 bytes.
    for (const [payload, header] of [
      ['', 2],
      ['a', 2],
      ['é'.repeat(62), 2],
      ['é'.repeat(63), 4],
      ['x'.repeat(30_000), 4],
    ] as const) {
      text.send(payload);
      expect(await text.text()).toBe(payload);
      received += Buffer.byteLength(payload);
      sent += Buffer.byteLength(payload) + header;
      expect(bytes(app)).toEqual({ received, sent });
    }
    for (const [size, header] of [
      [125, 2],
      [126, 4],
      [16_000, 4],
      [65_535, 4],
      [65_536, 10],
    ] as const) {
      binary.send(Buffer.alloc(size));
      expect(await binary.binary()).toHaveLength(size);
      received += size;
      sent += size + header;
      expect(bytes(app)).toEqual({ received, sent });
    }
  });

  it('count the bytes of compressed messages as if they were not', async () => {
    const forRoot = { perMessageDeflate: { threshold: 0 } };
    const app = await startApp(platform, { controllers, forRoot });
    const client = await app.connect('echo');
    const message = 'same '.repeat(2000);
    client.send(message);
    expect(await client.text()).toBe(message);
    expect(client.socket.extensions).toContain('permessage-deflate');
    expect(bytes(app)).toEqual({ received: 10_000, sent: 10_004 });
  });

  it('tell how many wait to be handled', async () => {
    holding = gate();
    const app = await startApp(platform, { controllers });
    const clients = [await app.connect('hold'), await app.connect('hold')];
    for (const client of clients) for (const message of ['a', 'b', 'c']) client.send(message);
    await eventually(() => expect(messages(app)).toMatchObject({ received: 6, queued: 4 }), 'all');
    expect(messages(app).handled).toBe(0);
    clients[0]?.terminate();
    await eventually(() => expect(messages(app).queued).toBe(2), 'those of one client');
    holding.open();
    for (let got = 0; got < 3; got += 1) await clients[1]?.text();
    // The call that was under way for the client that left has ended too.
    await eventually(() => expect(messages(app)).toMatchObject({ queued: 0, handled: 4 }), 'none');
    expect(messages(app).sent).toBe(3);
  });

  it('count what the policy drops, before and after the connection has ended', async () => {
    const app = await startApp(platform, { controllers });
    const client = await app.connect('drop');
    client.send('go');
    await eventually(() => expect(messages(app).handled).toBe(1), 'the burst');
    const { sent, dropped } = messages(app);
    expect(dropped).toBeGreaterThan(0);
    expect(sent + dropped).toBe(BURST);
    await eventually(() => expect(client.received).toBe(sent), 'what was not dropped');
    await client.close();
    expect(messages(app)).toMatchObject({ sent, dropped });
    await app.close();
    expect(messages(app)).toMatchObject({ sent, dropped });
    expect(slowConsumers(app)).toBe(0);
  });

  it.each(['close', 'wait'])('count a slow consumer once under the policy %s', async (path) => {
    const app = await startApp(platform, { controllers });
    const client = await app.connect(path);
    client.send('go');
    // The burst is one turn of the event loop, and nobody reads until it is over.
    client.pause();
    await eventually(() => expect(slowConsumers(app)).toBe(1), 'the slow consumer');
    client.resume();
    expect(await client.closed).toMatchObject({ code: 1008, reason: 'Slow consumer' });
    expect(slowConsumers(app)).toBe(1);
    expect(messages(app).dropped).toBe(0);
  });

  it('do not count as slow a client that is closed for another reason', async () => {
    const log = new ObserverLog();
    const app = await startApp(platform, { controllers, forRoot: { observers: [log] } });
    const client = await app.connect('leave');
    client.pause();
    client.send('go');
    expect(await log.outcome()).toMatchObject({ code: 4000, initiator: 'server' });
    client.resume();
    expect(await client.closed).toMatchObject({ code: 4000, reason: 'Bye' });
    expect(slowConsumers(app)).toBe(0);
  });

  describe('tell how long handlers take', () => {
    it('while somebody has them measured', async () => {
      const app = await startApp(platform, { controllers });
      expect(await work(app)).toBe(0);
      const release = metricsOf(app).measureHandlers();
      const once = await work(app);
      // Timers may fire up to a millisecond early.
      expect(once).toBeGreaterThanOrEqual(WORK_MS - 1);
      expect(await work(app)).toBeGreaterThanOrEqual(once + WORK_MS - 1);
      release();
      const before = messages(app).handlerTime;
      expect(await work(app)).toBe(before);
    });

    it('until the last one is done, each of whom may say so twice', async () => {
      const app = await startApp(platform, { controllers });
      const releases = [metricsOf(app).measureHandlers(), metricsOf(app).measureHandlers()];
      releases[0]?.();
      releases[0]?.();
      const measured = await work(app);
      expect(measured).toBeGreaterThan(0);
      releases[1]?.();
      expect(await work(app)).toBe(measured);
    });

    it('for calls on connect too', async () => {
      const app = await startApp(platform, { controllers });
      metricsOf(app).measureHandlers();
      const client = await app.connect('greet');
      await client.text();
      expect(messages(app).handlerTime).toBeGreaterThan(0);
    });
  });
});
