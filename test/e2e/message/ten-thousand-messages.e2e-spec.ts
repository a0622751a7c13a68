import { Body, Controller } from '@nestjs/common';
import { WebSocket, WebSocketConnection } from 'nestjs-revali-ws';

import { startApp } from '../../support/apps/app-factory.js';
import { eventually, sleep } from '../../support/deadline.js';
import { MemoryWatch } from '../../support/faults/memory-watch.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import type { TestClient } from '../../support/clients/test-client.js';

const MESSAGES = 10_000;
const PAYLOAD = 4096;
const MEGABYTE = 1024 * 1024;
/** Node reads at most so much from a socket in one go. */
const ONE_READ = 64 * 1024;

describe.each(platforms)('ten thousand messages at a slow handler on $name', (platform) => {
  afterEach(closeAllApps);

  it.each([undefined, 5])(
    'are handled in order, none lost, with few in memory (maxQueuedMessages: %p)',
    async (maxQueuedMessages) => {
      const seen: number[] = [];
      let received = 0;
      let started = 0;
      let mostQueued = 0;
      @Controller()
      class Slow {
        @WebSocket('open', { triggerOnConnect: true })
        async take(
          @Body() message: Buffer | undefined,
          connection: WebSocketConnection,
        ): Promise<number | undefined> {
          if (message === undefined) {
            // Behind the library's own listener: what it could start has started.
            connection.socket?.on('message', () => {
              received += 1;
              mostQueued = Math.max(mostQueued, received - started);
            });
            return undefined;
          }
          started += 1;
          await (started % 50 === 0 ? sleep(1) : new Promise(setImmediate));
          seen.push(message.readUInt32BE());
          return seen.length;
        }
      }
      const app = await startApp(platform, { controllers: [Slow], forRoot: { maxQueuedMessages } });
      const client = await app.connect('open', { headers: OCTETS });
      const memory = new MemoryWatch();
      await sendAll(client, memory);
      await eventually(() => expect(client.received).toBe(MESSAGES), 'all answers', 10_000);
      for (let answer = 1; answer <= MESSAGES; answer += 1) {
        expect(await client.json()).toBe(answer);
      }
      expect(seen).toEqual(Array.from({ length: MESSAGES }, (_item, index) => index));
      expect(received).toBe(MESSAGES);
      const limit = maxQueuedMessages ?? 64;
      expect(mostQueued).toBeGreaterThanOrEqual(Math.min(limit, ONE_READ / PAYLOAD));
      expect(mostQueued).toBeLessThanOrEqual(limit + Math.ceil(ONE_READ / PAYLOAD));
      // The messages between the first sample and the last are 32 MB.
      expect(memory.growth).toBeLessThan(16 * MEGABYTE);
    },
    60_000,
  );
});

/** For compilers that emit no type for `Buffer | undefined`. */
const OCTETS = { 'content-type': 'application/octet-stream' };

/** Sends as a decent client does: not more than the socket takes. */
async function sendAll(client: TestClient, memory: MemoryWatch): Promise<void> {
  for (let index = 0; index < MESSAGES; index += 1) {
    if (index % 2000 === 1999) memory.sample();
    const payload = Buffer.alloc(PAYLOAD);
    payload.writeUInt32BE(index);
    client.send(payload);
    if (client.socket.bufferedAmount < MEGABYTE / 4) continue;
    await eventually(
      () => expect(client.socket.bufferedAmount).toBeLessThan(MEGABYTE / 8),
      'the server to read on',
      10_000,
    );
  }
}
