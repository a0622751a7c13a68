import { Controller } from '@nestjs/common';
import {
  AsyncWebSocketSender,
  RevaliWsMetrics,
  WebSocket,
  type BackpressureOptions,
} from 'nestjs-revali-ws';

import { startApp } from '../../support/apps/app-factory.js';
import { eventually, sleep } from '../../support/deadline.js';
import { ObserverLog } from '../../support/records/observer-log.js';
import {
  controllerOf,
  ITEM_SIZE,
  ITEMS,
  Outpour,
  sources,
  type Source,
} from '../../support/apps/outpour.js';
import type { Platform } from '../../support/apps/platforms.js';
import { transports } from '../../support/apps/transports.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import type { TestClient } from '../../support/clients/test-client.js';

const MARK = 4 * ITEM_SIZE;
/** A frame's own. */
const HEADER = 10;
/** Enough for all that is pushed. */
const PLENTY = { messages: ITEMS, bytes: 2 * ITEMS * ITEM_SIZE };
const pulled = ['generator', 'async-generator', 'readable'] as const;
const pushed = ['values', 'observable', 'sender'] as const;

async function start(platform: Platform, backpressure: BackpressureOptions) {
  const outpour = new Outpour();
  const log = new ObserverLog();
  const app = await startApp(platform, {
    controllers: [controllerOf(outpour, { highWaterMark: MARK, ...backpressure })],
    forRoot: { observers: [log] },
  });
  /** A client that asks for everything, and reads nothing. */
  const ask = async (source: Source): Promise<TestClient> => {
    const client = await app.connect(source);
    client.pause();
    for (let request = outpour.requests(source); request > 0; request -= 1) client.send('more');
    return client;
  };
  return { app, outpour, log, ask, metrics: app.app.get(RevaliWsMetrics) };
}

/** Waits until nothing more is produced; how much was. */
function settled(outpour: Outpour): Promise<number> {
  return eventually(async () => {
    const before = outpour.produced;
    await sleep(100);
    expect(before).toBeGreaterThan(0);
    expect(outpour.produced).toBe(before);
    return before;
  }, 'the source to pause');
}

const numberOf = (item: Buffer): number => item.readUInt32BE();

describe.each(transports)('a client that does not read, on $label', (platform) => {
  afterEach(closeAllApps);

  describe("policy 'wait'", () => {
    it.each(sources)('buffers up to the mark and one message (%s)', async (source) => {
      const { outpour, ask } = await start(platform, { maxWaiting: PLENTY });
      const client = await ask(source);
      const produced = await settled(outpour);
      expect(outpour.bufferedAmount).toBeGreaterThan(MARK);
      // What is pushed cannot be paused, and waits.
      if (source === 'observable') expect(produced).toBe(ITEMS);
      else {
        expect(produced).toBeLessThan(ITEMS / 2);
        expect(outpour.bufferedAmount).toBeLessThanOrEqual(MARK + ITEM_SIZE + HEADER);
      }
      client.resume();
      for (let item = 0; item < ITEMS; item += 1) {
        expect(numberOf(await client.binary())).toBe(item);
      }
      await eventually(() => expect(outpour.bufferedAmount).toBe(0), 'the buffer to empty');
    });

    it.each(pulled)('pulls no item that it cannot write (%s)', async (source) => {
      const { outpour, ask } = await start(platform, {});
      const client = await ask(source);
      const produced = await settled(outpour);
      client.resume();
      await eventually(() => expect(client.received).toBe(ITEMS), 'all items');
      client.pause();
      // Everything but the buffer and what Readables read ahead was with the client's kernel.
      expect(produced * ITEM_SIZE).toBeLessThan(16 * 1024 * 1024);
      expect(outpour.ended).toBe(1);
    });

    it.each(sources)('is closed with 1008 after the timeout (%s)', async (source) => {
      const { outpour, log, ask, metrics } = await start(platform, {
        timeout: 300,
        maxWaiting: PLENTY,
      });
      const asked = performance.now();
      const client = await ask(source);
      const outcome = await log.outcome();
      expect(performance.now() - asked).toBeGreaterThanOrEqual(295);
      expect(outcome).toMatchObject({
        kind: 'closed',
        code: 1008,
        reason: 'Slow consumer',
        initiator: 'server',
      });
      expect(metrics.snapshot().connections.slowConsumers).toBe(1);
      const produced = await settled(outpour);
      if (source !== 'values') await eventually(() => expect(outpour.ended).toBe(1), 'the end');
      client.resume();
      expect(await client.closed).toMatchObject({ code: 1008, reason: 'Slow consumer' });
      expect(client.received).toBeLessThan(ITEMS);
      expect(outpour.produced).toBe(produced);
    });

    it.each(['generator', 'observable'] as const)(
      'one that reads slowly, and goes on reading, is not closed (%s)',
      async (source) => {
        const timeout = 1_200;
        const { outpour, ask } = await start(platform, { timeout, maxWaiting: PLENTY });
        const client = await ask(source);
        const pause = (): void => client.pause();
        client.socket.on('message', pause);
        const reading = setInterval(() => client.resume(), 12);
        // How fast the kernels hand on to such a reader is theirs: a busy machine takes very long for all items.
        await sleep(1.5 * timeout).finally(() => clearInterval(reading));
        expect(outpour.bufferedAmount).toBeGreaterThan(0);
        expect(client.isOpen).toBe(true);
        client.socket.off('message', pause);
        client.resume();
        for (let item = 0; item < ITEMS; item += 1) {
          expect(numberOf(await client.binary())).toBe(item);
        }
      },
    );
  });

  describe("policy 'drop'", () => {
    it.each(pushed)('drops what does not fit, and counts it (%s)', async (source) => {
      const { app, outpour, ask, metrics } = await start(platform, { policy: 'drop' });
      const client = await ask(source);
      await eventually(() => expect(outpour.produced).toBe(ITEMS), 'all items');
      expect(outpour.bufferedAmount).toBeLessThanOrEqual(MARK + ITEM_SIZE + HEADER);
      await eventually(() => {
        const { sent, dropped } = metrics.snapshot().messages;
        expect(dropped).toBeGreaterThan(ITEMS / 4);
        expect(sent + dropped).toBe(ITEMS);
      }, 'the count');
      const { sent } = metrics.snapshot().messages;
      client.resume();
      const items: number[] = [];
      for (let item = 0; item < sent; item += 1) items.push(numberOf(await client.binary()));
      expect(items).toEqual([...items].toSorted((a, b) => a - b));
      await eventually(() => expect(outpour.bufferedAmount).toBe(0), 'the buffer to empty');
      client.send('more');
      expect(numberOf(await client.binary())).toBe(ITEMS);
      await client.close();
      // What a connection dropped is not forgotten with it.
      await eventually(() => expect(metrics.snapshot().connections.open).toBe(0), 'the end');
      expect(metrics.snapshot().messages.dropped).toBeGreaterThanOrEqual(ITEMS - sent);
      expect(app.logs.messages('error')).toEqual([]);
    });
  });

  describe("policy 'close'", () => {
    it.each(pushed)('is closed with 1008 at once (%s)', async (source) => {
      const { outpour, log, ask, metrics } = await start(platform, { policy: 'close' });
      const client = await ask(source);
      expect(await log.outcome()).toMatchObject({ code: 1008, reason: 'Slow consumer' });
      expect(metrics.snapshot().connections.slowConsumers).toBe(1);
      const produced = await settled(outpour);
      expect(produced).toBeLessThan(ITEMS);
      client.resume();
      expect(await client.closed).toMatchObject({ code: 1008, reason: 'Slow consumer' });
      expect(outpour.produced).toBe(produced);
    });
  });

  it.each(['drop', 'close'] as const)(
    "policy '%s' does not hit a client that reads, however small the mark",
    async (policy) => {
      @Controller()
      class Bursts {
        @WebSocket('burst', { backpressure: { highWaterMark: 100, policy } })
        async burst(sender: AsyncWebSocketSender<string>): Promise<void> {
          for (let message = 0; message < 200; message += 1) void sender.send(`message ${message}`);
          await sender.send('x'.repeat(100_000));
        }
      }
      const app = await startApp(platform, { controllers: [Bursts] });
      const client = await app.connect('burst');
      for (let burst = 0; burst < 3; burst += 1) {
        client.send('go');
        for (let message = 0; message < 200; message += 1) {
          expect(await client.text()).toBe(`message ${message}`);
        }
        expect(await client.text()).toHaveLength(100_000);
      }
    },
  );
});
