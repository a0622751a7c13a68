import { Body, Controller } from '@nestjs/common';
import { AsyncWebSocketSender, WebSocket, type BackpressureOptions } from 'nestjs-revali-ws';
import { from, type Observable } from 'rxjs';

import { startApp } from '../../support/apps/app-factory.js';
import { ObserverLog } from '../../support/records/observer-log.js';
import type { Platform } from '../../support/apps/platforms.js';
import { transports } from '../../support/apps/transports.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import { startFault } from '../../support/apps/start-fault.js';

const KILOBYTE = 1024;
const MEGABYTE = KILOBYTE * KILOBYTE;
/** More than the kernels keep between them. */
const MANY = 24 * MEGABYTE;

function* items(size: number): Generator<Buffer> {
  for (let item = 0; item < MANY / size; item += 1) yield Buffer.alloc(size);
}

async function start(platform: Platform, backpressure: BackpressureOptions) {
  const log = new ObserverLog();
  @Controller()
  class Sending {
    @WebSocket('unawaited', { backpressure })
    unawaited(@Body() size: number, sender: AsyncWebSocketSender): void {
      for (const item of items(size)) void sender.send(item);
    }
    @WebSocket('burst', { backpressure })
    burst(@Body() count: number, sender: AsyncWebSocketSender): void {
      for (let item = 0; item < count; item += 1) void sender.send(`item ${item}`);
    }
    @WebSocket('observed', { backpressure })
    observed(@Body() size: number): Observable<Buffer> {
      return from([...items(size)]);
    }
    @WebSocket('awaited', { backpressure })
    async awaited(@Body() size: number, sender: AsyncWebSocketSender): Promise<string> {
      for (const item of items(size)) await sender.send(item);
      return 'done';
    }
    @WebSocket('yielded', { backpressure })
    *yielded(@Body() size: number): Generator<Buffer | string> {
      yield* items(size);
      yield 'done';
    }
    @WebSocket('returned', { backpressure, concurrency: 16 })
    async returned(@Body() size: number): Promise<Buffer> {
      return Buffer.alloc(size);
    }
  }
  const app = await startApp(platform, {
    controllers: [Sending],
    forRoot: { observers: [log] },
  });
  return { app, log };
}

describe.each(transports)('what may wait for a client, on $label', (platform) => {
  afterEach(closeAllApps);

  it.each([
    ['bytes, by default as many as the mark', 'unawaited', { highWaterMark: 64 * KILOBYTE }],
    ['bytes', 'unawaited', { maxWaiting: { bytes: 100 * KILOBYTE } }],
    ['messages', 'unawaited', { maxWaiting: { messages: 3, bytes: MANY } }],
    ['bytes, from Observables as well', 'observed', { maxWaiting: { bytes: 100 * KILOBYTE } }],
    [
      'messages, from Observables as well',
      'observed',
      { maxWaiting: { messages: 3, bytes: MANY } },
    ],
  ])('is bounded in %s', async (_name, path, options) => {
    const { app, log } = await start(platform, { timeout: '1h', ...options });
    const client = await app.connect(path);
    client.pause();
    client.send(`${16 * KILOBYTE}`);
    expect(await log.outcome()).toMatchObject({ code: 1008, reason: 'Slow consumer' });
    client.resume();
    expect(await client.closed).toMatchObject({ code: 1008, reason: 'Slow consumer' });
  });

  it.each(['awaited', 'yielded'])('does not matter to senders that wait: %s', async (path) => {
    const maxWaiting = { messages: 0, bytes: 0 };
    const { app } = await start(platform, { highWaterMark: 64 * KILOBYTE, maxWaiting });
    const client = await app.connect(path);
    client.pause();
    client.send(`${48 * KILOBYTE}`);
    await client.expectNothing();
    client.resume();
    for (let item = 0; item < MANY / (48 * KILOBYTE); item += 1)
      expect(await client.binary()).toHaveLength(48 * KILOBYTE);
    expect(await client.text()).toBe('done');
  });

  it('does not matter to results, which are no more than the calls at once', async () => {
    const maxWaiting = { messages: 0, bytes: 0 };
    const { app } = await start(platform, { highWaterMark: 64 * KILOBYTE, maxWaiting });
    const client = await app.connect('returned');
    client.pause();
    for (let call = 0; call < 64; call += 1) client.send(`${MEGABYTE}`);
    await client.expectNothing();
    client.resume();
    for (let call = 0; call < 64; call += 1) expect(await client.binary()).toHaveLength(MEGABYTE);
  });

  it('is no limit to what the kernel takes at once', async () => {
    const maxWaiting = { messages: 0, bytes: 0 };
    const { app } = await start(platform, { highWaterMark: 1, maxWaiting });
    const client = await app.connect('burst');
    for (let burst = 0; burst < 3; burst += 1) {
      client.send('300');
      for (let item = 0; item < 300; item += 1) expect(await client.text()).toBe(`item ${item}`);
    }
  });

  it.each([
    [{ messages: -1 }, 'backpressure.maxWaiting.messages', 'Use an integer of at least 0'],
    [{ bytes: 1.5 }, 'backpressure.maxWaiting.bytes', 'Use an integer of at least 0'],
    [{ size: 1 }, 'backpressure.maxWaiting.size', 'use one of messages, bytes'],
    [7, 'backpressure.maxWaiting', 'Use an object'],
  ])('is refused at start where it makes no sense: %p', async (maxWaiting, option, cure) => {
    @Controller()
    class Bad {
      @WebSocket('bad', { backpressure: { maxWaiting: maxWaiting as object } })
      bad(): void {}
    }
    const error = await startFault(platform, { controllers: [Bad] });
    for (const part of ['Bad.bad()', option, cure]) expect(error.message).toContain(part);
  });
});
