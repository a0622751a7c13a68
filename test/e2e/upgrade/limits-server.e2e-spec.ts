import {
  Body,
  Controller,
  UseGuards,
  type CanActivate,
  type INestApplication,
} from '@nestjs/common';
import { WebSocket } from 'nestjs-revali-ws';

import { startApp, type AppSetup } from '../../support/apps/app-factory.js';
import { eventually, sleep } from '../../support/deadline.js';
import { activeSockets } from '../../support/faults/leaks.js';
import { platforms, type Platform } from '../../support/apps/platforms.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';
import type { TestClient } from '../../support/clients/test-client.js';
import { upgradeStatus } from '../../support/clients/upgrade-status.js';

const RETRY_AFTER: unknown = expect.objectContaining({ 'retry-after': '5' });

/** Guards that wait to be let go. */
const waiting: (() => void)[] = [];

function letGo(count = waiting.length): void {
  for (const resolve of waiting.splice(0, count)) resolve();
}

class HoldingGuard implements CanActivate {
  canActivate(): Promise<boolean> {
    return new Promise((resolve) => waiting.push(() => resolve(true)));
  }
}

class SlowGuard implements CanActivate {
  async canActivate(): Promise<boolean> {
    await sleep(100);
    return true;
  }
}

@Controller()
class Doors {
  @WebSocket('open')
  open(@Body() message: string): string {
    return message;
  }
  @UseGuards(HoldingGuard)
  @WebSocket('held')
  held(@Body() message: string): string {
    return message;
  }
  @UseGuards(SlowGuard)
  @WebSocket('slow')
  slow(@Body() message: string): string {
    return message;
  }
}

const start = (platform: Platform, setup: AppSetup): Promise<RunningApp> =>
  startApp(platform, { controllers: [Doors], ...setup });

const connectMany = (app: RunningApp, count: number, path: string): Promise<TestClient[]> =>
  Promise.all(Array.from({ length: count }, () => app.connect(path)));

async function isServed(client: TestClient): Promise<void> {
  client.send('served');
  expect(await client.text()).toBe('served');
}

const isHeld = (count: number): Promise<void> =>
  eventually(() => expect(waiting).toHaveLength(count), `${count} handshakes to wait`);

describe.each(platforms)('limits of a server on $name', (platform) => {
  afterEach(async () => {
    await closeAllApps();
    letGo();
  });

  describe('maxConnections', () => {
    const MAX = 3;

    it('is how many may be open: one more is refused with 503 and Retry-After', async () => {
      const app = await start(platform, { forRoot: { maxConnections: MAX } });
      const clients = await connectMany(app, MAX, 'open');
      await expect(app.connect('open')).rejects.toMatchObject({
        status: 503,
        headers: RETRY_AFTER,
      });
      for (const client of clients) await isServed(client);
    });

    it.each(['close', 'terminate'] as const)(
      'gives a place that is left to others (%s)',
      async (way) => {
        const app = await start(platform, { forRoot: { maxConnections: MAX } });
        const clients = await connectMany(app, MAX, 'open');
        for (const client of clients) {
          if (way === 'close') await client.close();
          else client.terminate();
          await isServed(await eventually(() => app.connect('open'), 'a free place'));
        }
        expect(await upgradeStatus(app, 'open')).toBe(503);
      },
    );

    it('holds for handshakes that ask for the last places at the same time', async () => {
      const app = await start(platform, { forRoot: { maxConnections: MAX } });
      const attempts = Array.from({ length: 10 }, () => app.connect('held'));
      await isHeld(10);
      letGo();
      const results = await Promise.allSettled(attempts);
      const opened = results.flatMap((result) =>
        result.status === 'fulfilled' ? [result.value] : [],
      );
      expect(opened).toHaveLength(MAX);
      for (const result of results) {
        if (result.status === 'rejected') {
          expect(result.reason).toMatchObject({
            status: 503,
            headers: RETRY_AFTER,
          });
        }
      }
      for (const client of opened) await isServed(client);
      await opened[0]?.close();
      await eventually(() => app.connect('open'), 'the place that was left');
    });

    it('does not count handshakes that were refused or left', async () => {
      const app = await start(platform, { forRoot: { maxConnections: 1, handshakeTimeout: 50 } });
      expect(await upgradeStatus(app, 'held')).toBe(408);
      const leaver = await app.raw();
      leaver.upgrade('/held');
      await isHeld(2);
      leaver.resetAndDestroy();
      await isServed(await eventually(() => app.connect('open'), 'a free place'));
    });

    it('counts all routes together, and no plain requests', async () => {
      const app = await start(platform, { forRoot: { maxConnections: 2 } });
      await app.connect('open');
      await app.connect('slow');
      expect(await upgradeStatus(app, 'open')).toBe(503);
      expect((await app.get('/nowhere')).status).toBe(404);
    });
  });

  describe('maxPendingHandshakes', () => {
    const MAX = 3;
    const holdAll = async (app: RunningApp): Promise<Promise<TestClient>[]> => {
      const pending = Array.from({ length: MAX }, () => app.connect('held'));
      await isHeld(MAX);
      return pending;
    };

    it('is how many may wait: one more is refused with 503 and Retry-After', async () => {
      const app = await start(platform, { forRoot: { maxPendingHandshakes: MAX } });
      const pending = await holdAll(app);
      await expect(app.connect('open')).rejects.toMatchObject({
        status: 503,
        headers: RETRY_AFTER,
      });
      letGo();
      for (const client of await Promise.all(pending)) await isServed(client);
      await isServed(await app.connect('open'));
    });

    it('gives the place of one that was let in to the next', async () => {
      const app = await start(platform, { forRoot: { maxPendingHandshakes: MAX } });
      const pending = await holdAll(app);
      letGo(1);
      await Promise.race(pending);
      await isServed(await app.connect('open'));
      letGo();
      await Promise.all(pending);
    });

    it('gives the place of one that left to the next', async () => {
      const app = await start(platform, { forRoot: { maxPendingHandshakes: 1 } });
      for (const leave of ['end', 'destroy', 'resetAndDestroy'] as const) {
        const leaver = await app.raw();
        leaver.upgrade('/held');
        await isHeld(1);
        expect(await upgradeStatus(app, 'open')).toBe(503);
        leaver[leave]();
        await isServed(await eventually(() => app.connect('open'), 'a free place'));
        waiting.length = 0;
      }
    });
  });

  describe('handshakeTimeout', () => {
    /** As a session store that asks a database. */
    const slowly = (ms: number) => (app: INestApplication) => {
      app.use((_request: unknown, _response: unknown, next: () => void) => {
        setTimeout(next, ms);
      });
    };

    it.each([
      { what: 'a slow guard', path: 'slow', configure: undefined },
      { what: 'slow middleware', path: 'open', configure: slowly(100) },
      { what: 'both together', path: 'slow', configure: slowly(100) },
    ])('lets in by $what within it, and answers 408 beyond', async ({ path, configure }) => {
      const patient = await start(platform, { configure, forRoot: { handshakeTimeout: 2000 } });
      await isServed(await patient.connect(path));
      const sockets = activeSockets();
      const strict = await start(platform, {
        configure,
        // Middleware or guard alone would be in time.
        forRoot: { handshakeTimeout: path === 'slow' && configure ? 150 : 50 },
      });
      expect(await upgradeStatus(strict, path)).toBe(408);
      await eventually(() => expect(activeSockets()).toBe(sockets), 'the socket to be freed');
    });

    it('lets in a head that comes slowly but in time, and answers 408 beyond', async () => {
      const app = await start(platform, { forRoot: { handshakeTimeout: 400 } });
      const head = [
        'GET /open HTTP/1.1\r\nHost: a\r\n',
        'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n',
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
      ];
      const inTime = await app.raw();
      for (const part of head) {
        inTime.write(part);
        await sleep(50);
      }
      expect((await inTime.response()).status).toBe(101);
      const late = await app.raw();
      late.write(head[0] ?? '');
      expect((await late.response()).status).toBe(408);
      await late.ended;
    });
  });

  it("the size of the head is limited as Node's HTTP server does", async () => {
    const app = await start(platform, {});
    for (const [size, status] of [
      [15_000, 101],
      [17_000, 431],
    ] as const) {
      const client = await app.raw();
      client.upgrade('/open', { headers: [['X-Filler', 'x'.repeat(size)]] });
      expect((await client.response()).status).toBe(status);
    }
  });
});
