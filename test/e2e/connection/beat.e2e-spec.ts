import { Body, Controller } from '@nestjs/common';
import {
  AsyncWebSocketSender,
  CloseWebSocket,
  RevaliWsMetrics,
  WebSocket,
  type RevaliWsModuleOptions,
} from 'nestjs-revali-ws';

import { startApp } from '../../support/apps/app-factory.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';
import type { TestClient } from '../../support/clients/test-client.js';
import { eventually, sleep } from '../../support/deadline.js';
import { activeTimers } from '../../support/faults/leaks.js';
import { settledTimers } from '../../support/faults/settled-timers.js';
import { gate } from '../../support/gate.js';
import { Opcode } from '../../support/raw/raw-frame.js';
import { ObserverLog } from '../../support/records/observer-log.js';

const BEAT = 80;
const FLOOD = 24 * 1024 * 1024;

/** Takes what comes, and expects all of it to be empty text messages. */
async function takeBeats(client: TestClient, count: number): Promise<void> {
  for (let beat = 0; beat < count; beat += 1) expect(await client.text()).toBe('');
}

describe.each(platforms)('the beat of a route on $name', (platform) => {
  afterEach(closeAllApps);

  const left = gate();

  @Controller()
  class Beating {
    @WebSocket('quiet', { beat: BEAT, ping: false })
    @WebSocket('module')
    @WebSocket('never', { beat: false })
    @WebSocket('json', { beat: `${BEAT}ms`, format: 'json' })
    echo(@Body() message: string): string {
      return message;
    }

    @WebSocket('bytes', { beat: BEAT, format: 'binary' })
    bytes(@Body() bytes: Buffer): Buffer {
      return bytes;
    }

    @WebSocket('sink', { beat: BEAT, mode: 'receiveOnly' })
    sink(@Body() _message: string): void {}

    @WebSocket('feed', { beat: 400, mode: 'sendOnly' })
    async *feed(): AsyncGenerator<string> {
      for (let item = 0; item < 15; item += 1) {
        yield String(item);
        await sleep(50);
      }
      await sleep(1_000);
    }

    @WebSocket('flood', { beat: BEAT, mode: 'sendOnly' })
    async *flood(signal: AbortSignal): AsyncGenerator<Buffer> {
      yield Buffer.alloc(FLOOD);
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    }

    @WebSocket('closing', { beat: BEAT })
    async closing(@Body() _message: string, closer: CloseWebSocket): Promise<void> {
      closer.close(4000, 'Enough');
      await sleep(BEAT * 5);
    }

    @WebSocket('leaving', { beat: BEAT })
    async leaving(@Body() _message: string, sender: AsyncWebSocketSender): Promise<void> {
      await sender.send('begun');
      await left.opened;
    }
  }

  const start = (forRoot: RevaliWsModuleOptions = {}): Promise<RunningApp> =>
    startApp(platform, { controllers: [Beating], forRoot });

  it.each(['quiet', 'json', 'bytes', 'sink'])(
    'is an empty text message, again and again while nothing else is sent (%s)',
    async (path) => {
      const app = await start();
      const began = performance.now();
      const client = await app.connect(path);
      await takeBeats(client, 4);
      expect(performance.now() - began).toBeGreaterThan(4 * BEAT - 20);
    },
  );

  it("is the module's where the route has none, and can be switched off for a route", async () => {
    const app = await start({ beat: BEAT });
    const [client, never] = await Promise.all([app.connect('module'), app.connect('never')]);
    await takeBeats(client, 3);
    await never.expectNothing();
    const without = await start();
    const quiet = await without.connect('module');
    await quiet.expectNothing(3 * BEAT);
  });

  it('does not come while messages are sent, and comes when they stop', async () => {
    const app = await start();
    const client = await app.connect('feed');
    for (let item = 0; item < 15; item += 1) expect(await client.text()).toBe(String(item));
    const stopped = performance.now();
    await takeBeats(client, 1);
    expect(performance.now() - stopped).toBeGreaterThan(300);
  });

  it('is an empty text message under revali.v1, too, with no header line', async () => {
    const app = await start();
    const client = await app.connect('quiet', { protocols: ['revali.v1'] });
    await takeBeats(client, 2);
    client.send('\nhello');
    expect(await client.text()).toBe('\nhello');
    await takeBeats(client, 1);
  });

  it('is one frame without a payload', async () => {
    const app = await start();
    const client = await app.raw();
    client.upgrade('/quiet');
    await client.response();
    const frame = { fin: true, rsv: 0, opcode: Opcode.text, masked: false };
    expect(await client.nextFrame()).toEqual({ ...frame, payload: Buffer.alloc(0) });
    expect(await client.nextFrame()).toEqual({ ...frame, payload: Buffer.alloc(0) });
  });

  it('comes between compressed messages as well', async () => {
    const app = await start({ perMessageDeflate: { threshold: 0 } });
    const client = await app.connect('quiet', { perMessageDeflate: true });
    await takeBeats(client, 2);
    client.send('compressed');
    expect(await client.text()).toBe('compressed');
    await takeBeats(client, 1);
  });

  it('counts as no message, neither for observers nor for metrics', async () => {
    const observers = new ObserverLog();
    const app = await start({ observers: [observers] });
    const client = await app.connect('quiet');
    client.send('one');
    expect(await client.text()).toBe('one');
    await takeBeats(client, 3);
    expect(app.app.get(RevaliWsMetrics).snapshot().messages.sent).toBe(1);
    await client.close();
    expect(await observers.outcome()).toMatchObject({ sent: 1, received: 1 });
  });

  it('is not sent into a connection that is behind', async () => {
    const app = await start();
    const client = await app.connect('flood');
    client.pause();
    await sleep(BEAT * 10);
    client.resume();
    expect((await client.binary()).length).toBe(FLOOD);
    // One that was on its way into a full connection would stand here ten times.
    const began = performance.now();
    await takeBeats(client, 3);
    expect(performance.now() - began).toBeGreaterThan(BEAT);
  });

  it('is not sent once a close has begun, by either side', async () => {
    const app = await start();
    const closing = await app.connect('closing');
    closing.send('now');
    expect(await closing.closed).toMatchObject({ code: 4000 });
    expect(closing.received).toBe(0);

    const leaving = await app.raw();
    leaving.upgrade('/leaving');
    await leaving.response();
    leaving.frame({ opcode: Opcode.text, payload: 'begin' });
    expect((await leaving.nextFrame()).payload.toString()).toBe('begun');
    leaving.frame({ opcode: Opcode.close, payload: Buffer.from([0x03, 0xe8]) });
    await leaving.expectNothing(BEAT * 4);
    left.open();
    expect((await leaving.nextFrame()).opcode).toBe(Opcode.close);
  });

  it('takes one timer for all connections, which ends with the last', async () => {
    const app = await start();
    const before = await settledTimers();
    const clients = await Promise.all(Array.from({ length: 5 }, () => app.connect('quiet')));
    await eventually(() => expect(activeTimers()).toBe(before + 1), 'one timer');
    for (const client of clients) await client.close();
    await eventually(() => expect(activeTimers()).toBe(before), 'no timer');
  });
});
