import { Body, Controller } from '@nestjs/common';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { WebSocket, WebSocketConnection } from 'nestjs-revali-ws';
import { interval, take, type Observable } from 'rxjs';

import { startApp } from '../../support/apps/app-factory.js';
import { sleep } from '../../support/deadline.js';
import { OwnTime } from '../../support/own-time.js';
import { binary, ping, pong, text, times } from '../../support/raw/frames.js';
import { gate, type Gate } from '../../support/gate.js';
import { startGateways } from '../../support/apps/gateways/app.js';
import { ObserverLog } from '../../support/records/observer-log.js';
import { transports } from '../../support/apps/transports.js';
import type { RawClient } from '../../support/raw/raw-client.js';
import { decodeClose, encodeFrame, Opcode } from '../../support/raw/raw-frame.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';

const IDLE = 200;
/** Several times what an idle client gets. */
const LONG = 4 * IDLE;
/** A quarter is the precision for what is not a whole message; the rest is for a busy machine. */
const SOON = 1.25 * IDLE + 2_000;

async function open(app: RunningApp, path: string): Promise<RawClient> {
  const client = await app.raw();
  client.upgrade(path);
  expect((await client.response()).status).toBe(101);
  return client;
}

/** How long until the close frame, after answers. */
async function untilIdle(client: RawClient): Promise<{ took: number; own: number }> {
  const began = performance.now();
  const own = new OwnTime();
  for (;;) {
    const { opcode, payload } = await client.nextFrame();
    if (opcode !== Opcode.close) continue;
    expect(decodeClose(payload)).toEqual({ code: 1001, reason: 'Idle timeout' });
    return { took: performance.now() - began, own: own.end() };
  }
}

/** One message of 600 KB, in pieces. */
async function upload(client: RawClient): Promise<void> {
  const frame = encodeFrame(binary(Buffer.alloc(600_000)));
  for (let at = 0; at < frame.length; at += 30_000) {
    client.write(frame.subarray(at, at + 30_000));
    await sleep(LONG / 20);
  }
}

describe.each(transports)('idleTimeout on $label', (platform) => {
  afterEach(closeAllApps);

  let door: Gate = gate();
  beforeEach(() => {
    door = gate();
  });

  @Controller()
  class Idle {
    @WebSocket('idle', { idleTimeout: IDLE })
    @WebSocket('pinged', { idleTimeout: IDLE, ping: 20 })
    size(@Body() message: Buffer): string {
      return `${message.length}`;
    }
    @WebSocket('stuck', { idleTimeout: IDLE })
    async stuck(): Promise<string> {
      await door.opened;
      return 'done';
    }
    @WebSocket('stream', { idleTimeout: IDLE })
    stream(): Observable<number> {
      return interval(LONG / 8).pipe(take(8));
    }
    @WebSocket('push', { idleTimeout: IDLE, triggerOnConnect: true })
    push(@Body() _message: unknown, connection: WebSocketConnection): void {
      const timer = setInterval(() => void connection.send('news'), 20);
      connection.signal.addEventListener('abort', () => clearInterval(timer));
    }
  }

  it('does not close a client whose message comes in pieces, and does when nothing comes', async () => {
    const log = new ObserverLog();
    const app = await startApp(platform, { controllers: [Idle], forRoot: { observers: [log] } });
    const client = await open(app, '/idle');
    await upload(client);
    expect(log.outcomes).toEqual([]);
    expect((await untilIdle(client)).own).toBeLessThan(SOON);
    expect(await log.outcome()).toMatchObject({ received: 1, sent: 1 });
  });

  it('closes a client in the middle of a message that does not go on', async () => {
    const app = await startApp(platform, { controllers: [Idle] });
    const client = await open(app, '/idle');
    client.write(encodeFrame(binary(Buffer.alloc(1000))).subarray(0, 500));
    const { took, own } = await untilIdle(client);
    expect(took).toBeGreaterThan(IDLE * 0.9);
    expect(own).toBeLessThan(SOON);
  });

  it('closes a client that sends control frames alone', async () => {
    const app = await startApp(platform, { controllers: [Idle] });
    const client = await open(app, '/idle');
    const sending = setInterval(() => {
      client.frame(ping('?'));
      client.frame(pong('!'));
    }, 10);
    const { own } = await untilIdle(client).finally(() => clearInterval(sending));
    expect(own).toBeLessThan(SOON);
  });

  it('closes a client that answers pings alone', async () => {
    const app = await startApp(platform, { controllers: [Idle] });
    const client = await app.connect('pinged');
    expect(await client.untilClosed(SOON)).toMatchObject({ code: 1001, reason: 'Idle timeout' });
  });

  it('closes a client that is sent to and sends nothing', async () => {
    const app = await startApp(platform, { controllers: [Idle] });
    expect((await untilIdle(await open(app, '/push'))).own).toBeLessThan(SOON);
  });

  it('does not close a client whose call runs; its time begins when the call has ended', async () => {
    const log = new ObserverLog();
    const app = await startApp(platform, { controllers: [Idle], forRoot: { observers: [log] } });
    const clients = await Promise.all(['/stuck', '/stream'].map((path) => open(app, path)));
    for (const client of clients) client.frame(text('go'));
    await sleep(LONG);
    expect(log.outcomes).toEqual([]);
    door.open();
    for (const { took, own } of await Promise.all(clients.map(untilIdle))) {
      expect(took).toBeGreaterThan(IDLE * 0.9);
      expect(own).toBeLessThan(SOON + LONG / 4);
    }
  });

  it('does not close a client that the server does not read', async () => {
    const log = new ObserverLog();
    const app = await startApp(platform, {
      controllers: [Idle],
      forRoot: { maxQueuedMessages: 2, observers: [log] },
    });
    const client = await open(app, '/stuck');
    client.write(times(20, text('work')));
    await sleep(LONG);
    expect(log.outcomes).toEqual([]);
    door.open();
    expect((await untilIdle(client)).took).toBeGreaterThan(IDLE * 0.9);
  });

  it('is the same for gateways', async () => {
    @WebSocketGateway({ path: '/gateway' })
    class Gateway {
      @SubscribeMessage('stuck')
      async stuck(): Promise<unknown> {
        await door.opened;
        return { event: 'done' };
      }
      @SubscribeMessage('stream')
      stream(): Observable<unknown> {
        return interval(LONG / 8).pipe(take(8));
      }
    }
    const { app, adapter } = await startGateways(platform, [Gateway], {
      idleTimeout: IDLE,
      maxQueuedMessages: 2,
    });
    const stuck = await open(app, '/gateway');
    stuck.write(times(10, text('{"event":"stuck"}')));
    const stream = await open(app, '/gateway');
    stream.frame(text('{"event":"stream"}'));
    const loader = await open(app, '/gateway');
    await upload(loader);
    expect(adapter.snapshot().connections.open).toBe(3);
    door.open();
    for (const client of [stuck, stream, loader])
      expect((await untilIdle(client)).took).toBeGreaterThan(0);
  });
});
