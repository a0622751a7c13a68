import { Body, Controller } from '@nestjs/common';
import { AsyncWebSocketSender, RevaliWsMetrics, WebSocket } from 'nestjs-revali-ws';
import { from, type Observable } from 'rxjs';

import { startApp } from '../../support/apps/app-factory.js';
import { eventually, sleep } from '../../support/deadline.js';
import { times, text } from '../../support/raw/frames.js';
import { gate } from '../../support/gate.js';
import { MemoryWatch } from '../../support/faults/memory-watch.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';

const MEGABYTE = 1024 * 1024;
/** Node reads at most so much from a socket in one go. */
const ONE_READ = 64 * 1024;

const queuedIn = (app: RunningApp): number =>
  app.app.get(RevaliWsMetrics).snapshot().messages.queued;

describe.each(platforms)('messages faster than their handler, on $name', (platform) => {
  afterEach(closeAllApps);

  it.each([
    { maxQueuedMessages: undefined, size: 4096, mostQueued: 64 + ONE_READ / 4096 },
    { maxQueuedMessages: 3, size: 8192, mostQueued: 3 + ONE_READ / 8192 },
    // Messages of the largest size are queued by their bytes: one, and one that was under way.
    { maxQueuedMessages: undefined, size: MEGABYTE, mostQueued: 2 },
  ])(
    'wait in the network beyond a full queue ($maxQueuedMessages of $size bytes)',
    async ({ maxQueuedMessages, size, mostQueued }) => {
      const count = (20 * MEGABYTE) / size;
      const { open, opened } = gate();
      const seen: number[] = [];
      @Controller()
      class Stuck {
        @WebSocket('stuck')
        async take(@Body() message: Buffer): Promise<void> {
          await opened;
          seen.push(message.readUInt32BE());
        }
      }
      const app = await startApp(platform, {
        controllers: [Stuck],
        forRoot: { maxQueuedMessages },
      });
      const client = await app.connect('stuck');
      for (let index = 0; index < count; index += 1) {
        const message = Buffer.alloc(size);
        message.writeUInt32BE(index);
        client.send(message);
      }
      await eventually(() => expect(queuedIn(app)).toBeGreaterThan(0), 'a queue');
      await sleep(150);
      expect(queuedIn(app)).toBeLessThanOrEqual(mostQueued);
      expect(client.socket.bufferedAmount).toBeGreaterThan(5 * MEGABYTE);
      open();
      await eventually(() => expect(seen).toHaveLength(count), 'all messages', 40_000);
      expect(seen).toEqual(Array.from({ length: count }, (_item, index) => index));
    },
  );

  describe('from a client that does not read the answers', () => {
    @Controller()
    class Echo {
      @WebSocket('value')
      value(@Body() message: string): string {
        return message;
      }
      @WebSocket('observable')
      observable(@Body() message: string): Observable<string> {
        return from([message]);
      }
      /** Careless: nobody waits until it is sent. */
      @WebSocket('sender')
      send(@Body() message: string, sender: AsyncWebSocketSender<string>): void {
        void sender.send(message);
      }
      @WebSocket('async-sender')
      async sendAsync(
        @Body() message: string,
        sender: AsyncWebSocketSender<string>,
      ): Promise<void> {
        await Promise.resolve();
        void sender.send(message);
      }
    }

    const FLOOD = 50 * MEGABYTE;
    const message = 'x'.repeat(1000);
    const batch = times(256, text(message));
    const batches = Math.ceil(FLOOD / batch.length);
    const answer = Buffer.concat([
      Buffer.of(0x81, 126, 1000 >> 8, 1000 & 0xff),
      Buffer.from(message),
    ]);

    it.each(['value', 'observable', 'sender', 'async-sender'])(
      'are held by the network, with flat memory, and none is lost (%s)',
      async (path) => {
        const app = await startApp(platform, { controllers: [Echo] });
        const client = await app.raw();
        client.upgrade(`/${path}`);
        await client.response();
        client.pause();
        const memory = new MemoryWatch();
        memory.sample();
        let written = 0;
        const write = (): void => {
          while (written < batches && client.socket.writableLength < MEGABYTE) {
            client.write(batch);
            written += 1;
          }
        };
        client.socket.on('drain', write);
        write();
        await standstill(app);
        expect(written).toBeLessThan(batches * 0.8);
        memory.sample();
        // Mark, queue, and what a client in the same process keeps for itself.
        expect(memory.growth).toBeLessThan(8 * MEGABYTE);

        let answered = 0;
        client.socket.removeAllListeners('data');
        client.socket.on('data', (chunk: Buffer) => (answered += chunk.length));
        client.resume();
        const expected = batches * 256 * answer.length;
        await eventually(() => expect(answered).toBe(expected), 'all answers', 40_000);
      },
    );

    it('leaves others their share', async () => {
      const app = await startApp(platform, { controllers: [Echo] });
      const flooders = await Promise.all([1, 2, 3].map(() => app.raw()));
      for (const flooder of flooders) {
        flooder.upgrade('/value');
        await flooder.response();
        flooder.socket.removeAllListeners('data');
        const write = (): void => void (flooder.socket.writable && flooder.write(batch));
        flooder.socket.on('drain', write);
        flooder.socket.resume();
        write();
      }
      const client = await app.connect('value');
      const trips: number[] = [];
      for (let trip = 0; trip < 40; trip += 1) {
        const sent = performance.now();
        client.send('ping');
        expect(await client.text()).toBe('ping');
        trips.push(performance.now() - sent);
      }
      trips.sort((a, b) => a - b);
      expect(trips[20]).toBeLessThan(100);
      expect(trips[39]).toBeLessThan(500);
    });
  });
});

/** Waits until the server reads no more. */
function standstill(app: RunningApp): Promise<void> {
  const metrics = app.app.get(RevaliWsMetrics);
  return eventually(
    async () => {
      const { received } = metrics.snapshot().messages;
      await sleep(300);
      expect(metrics.snapshot().messages.received).toBe(received);
      expect(received).toBeGreaterThan(0);
    },
    'a standstill',
    15_000,
  );
}
