import { Readable } from 'node:stream';
import { setTimeout as later } from 'node:timers/promises';

import {
  Body,
  Controller,
  Injectable,
  UseGuards,
  UseInterceptors,
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  type NestInterceptor,
  type PipeTransform,
} from '@nestjs/common';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { AsyncWebSocketSender, WebSocket } from 'nestjs-revali-ws';
import { concatMap, Observable } from 'rxjs';
import type { WebSocket as RawSocket } from 'ws';

import { startApp, type AppSetup } from '../../support/apps/app-factory.js';
import { startGateways } from '../../support/apps/gateways/app.js';
import { platforms, type Platform } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import type { TestClient, TestClientOptions } from '../../support/clients/test-client.js';
import { overTls, trusted } from '../../support/apps/tls-app.js';

const ITEMS = 5;

/** One buffer that is refilled for each item, as parsers and encoders do. */
class Refilled {
  private readonly buffer: Buffer;

  constructor(size: number) {
    this.buffer = Buffer.alloc(size);
  }

  *items(): Generator<Buffer> {
    for (let item = 1; item <= ITEMS; item += 1) yield this.buffer.fill(item);
    this.buffer.fill(99);
  }

  async *asyncItems(): AsyncGenerator<Buffer> {
    for (const item of this.items()) {
      yield item;
      await later(1);
    }
  }

  pushed(): Observable<Buffer> {
    return new Observable((subscriber) => {
      for (const item of this.items()) subscriber.next(item);
      subscriber.complete();
    });
  }
}

/** Takes its time, in which the next item may come. */
@Injectable()
class SlowInterceptor implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(concatMap((item) => later(3, item)));
  }
}

const backpressure = { highWaterMark: 4_096, maxWaiting: { bytes: 1e8 } };

@Controller()
class Ways {
  @WebSocket('generator', { backpressure })
  generator(@Body() size: number): Generator<Buffer> {
    return new Refilled(size).items();
  }
  @WebSocket('async-generator', { backpressure })
  asyncGenerator(@Body() size: number): AsyncGenerator<Buffer> {
    return new Refilled(size).asyncItems();
  }
  @WebSocket('readable', { backpressure })
  readable(@Body() size: number): Readable {
    // Without reading ahead, which would keep the same buffer several times by itself.
    return Readable.from(new Refilled(size).asyncItems(), { highWaterMark: 1 });
  }
  @WebSocket('observable', { backpressure })
  observable(@Body() size: number): Observable<Buffer> {
    return new Refilled(size).pushed();
  }
  @WebSocket('awaited', { backpressure })
  async awaited(@Body() size: number, sender: AsyncWebSocketSender): Promise<void> {
    for (const item of new Refilled(size).items()) await sender.send(item);
  }
  @WebSocket('unawaited', { backpressure })
  unawaited(@Body() size: number, sender: AsyncWebSocketSender): void {
    for (const item of new Refilled(size).items()) void sender.send(item);
  }
  @WebSocket('views', { backpressure, format: 'binary' })
  *views(@Body() size: number): Generator<DataView | ArrayBuffer> {
    const words = new Uint16Array(size / 2);
    for (let item = 1; item <= ITEMS; item += 1) {
      words.fill(item * 257);
      yield item % 2 === 0 ? words.buffer : new DataView(words.buffer);
    }
    words.fill(99);
  }
  @WebSocket('intercepted', { backpressure })
  @UseInterceptors(SlowInterceptor)
  intercepted(@Body() size: number): Generator<Buffer> {
    return new Refilled(size).items();
  }
  @WebSocket('intercepted-observable', { backpressure })
  @UseInterceptors(SlowInterceptor)
  interceptedObservable(@Body() size: number): Observable<Buffer> {
    return new Refilled(size).pushed();
  }
}

const ways = [
  'generator',
  'async-generator',
  'readable',
  'observable',
  'awaited',
  'unawaited',
  'views',
  'intercepted',
  'intercepted-observable',
];

/** In one piece with others, by itself, and more than the kernel takes at once. */
const sizes = [8, 40_000, 1_600_000];

type Setting = [
  name: string,
  setup: (platform: Platform) => AppSetup,
  client: TestClientOptions | undefined,
];
const settings: Setting[] = [
  ['as they are', () => ({}), undefined],
  ['compressed', () => ({ forRoot: { perMessageDeflate: { threshold: 0 } } }), undefined],
  ['over TLS', overTls, trusted],
];

/** Jest takes seconds to compare large buffers. */
const summary = (bytes: Buffer): { size: number; bytes: number[] } => ({
  size: bytes.length,
  // The set of a large buffer takes long.
  bytes: bytes.every((byte) => byte === bytes[0]) ? [bytes[0] ?? 0] : [...new Set(bytes)],
});

async function expectItems(client: TestClient, size: number): Promise<void> {
  for (let item = 1; item <= ITEMS; item += 1) {
    expect(summary(await client.binary(5_000))).toEqual({ size, bytes: [item] });
  }
}

describe.each(platforms)('a buffer that is used again, on $name', (platform) => {
  afterEach(closeAllApps);

  describe.each(settings)('%s', (_name, setup, options) => {
    it.each(ways)('leaves as it was when it was given: %s', async (way) => {
      const app = await startApp(platform, { controllers: [Ways], ...setup(platform) });
      for (const size of sizes) {
        const client = await app.connect(way, options);
        client.pause();
        client.send(`${size}`);
        await client.expectNothing(20);
        client.resume();
        await expectItems(client, size);
        await client.close();
      }
    });
  });

  it('is not changed by another message that comes meanwhile', async () => {
    @Controller()
    class Own {
      private readonly answer = Buffer.alloc(8);

      @WebSocket('own', { concurrency: 8 })
      @UseInterceptors(SlowInterceptor)
      own(@Body() item: number): Buffer {
        return this.answer.fill(item);
      }
    }
    const app = await startApp(platform, { controllers: [Own] });
    const client = await app.connect('own');
    for (let item = 1; item <= ITEMS; item += 1) client.send(`${item}`);
    await expectItems(client, 8);
  });

  it.each(['generator', 'piped', 'guarded', 'value'])(
    'is not changed by a call beside it: %s',
    async (path) => {
      const scratch = Buffer.alloc(8);
      const late: PipeTransform = { transform: (value: unknown) => Promise.resolve(value) };
      const pass: CanActivate = { canActivate: () => true };
      @Controller()
      class Beside {
        @WebSocket('generator', { concurrency: 8 })
        *generator(@Body() item: number): Generator<Buffer> {
          yield scratch.fill(item);
        }
        @WebSocket('piped', { concurrency: 8 })
        piped(@Body(late) item: number): Buffer {
          return scratch.fill(item);
        }
        @UseGuards(pass)
        @WebSocket('guarded', { concurrency: 8, guards: 'message' })
        guarded(@Body() item: number): Buffer {
          return scratch.fill(item);
        }
        @WebSocket('value', { concurrency: 8 })
        value(@Body() item: number): Buffer {
          return scratch.fill(item);
        }
      }
      const app = await startApp(platform, { controllers: [Beside] });
      const client = await app.connect(path);
      for (let item = 1; item <= ITEMS; item += 1) client.send(`${item}`);
      await expectItems(client, 8);
    },
  );

  it('does not wait for room to be read: a stream of another client may use the same', async () => {
    const shared = Buffer.alloc(64 * 1024);
    @Controller()
    class Shared {
      @WebSocket('shared', { backpressure: { highWaterMark: 128 * 1024 } })
      async *shared(@Body() mark: number): AsyncGenerator<Buffer> {
        for (let item = 0; item < 100; item += 1) yield shared.fill(mark);
      }
    }
    const app = await startApp(platform, { controllers: [Shared] });
    const clients = [await app.connect('shared'), await app.connect('shared')];
    for (const client of clients) client.pause();
    clients.forEach((client, index) => client.send(`${index + 1}`));
    await clients[0]?.expectNothing();
    for (const client of clients) client.resume();
    for (let item = 0; item < 100; item += 1) {
      for (const [index, client] of clients.entries())
        expect(summary(await client.binary()).bytes).toEqual([index + 1]);
    }
  });

  it('an object is sent as it was when it was given, also where it has to wait', async () => {
    @Controller()
    class Objects {
      @WebSocket('objects', { backpressure })
      objects(@Body() size: number, sender: AsyncWebSocketSender): void {
        const message = { item: 0, filling: 'x'.repeat(size) };
        for (let item = 1; item <= ITEMS; item += 1) {
          message.item = item;
          void sender.send(message);
        }
        message.item = 99;
      }
    }
    const app = await startApp(platform, { controllers: [Objects] });
    for (const size of sizes) {
      const client = await app.connect('objects');
      client.pause();
      client.send(`${size}`);
      await client.expectNothing(20);
      client.resume();
      for (let item = 1; item <= ITEMS; item += 1)
        expect(await client.json(5_000)).toMatchObject({ item });
    }
  });

  describe('of a gateway', () => {
    @WebSocketGateway({ path: '/ways' })
    class Gateway {
      @SubscribeMessage('generator')
      generator(_client: RawSocket, size: number): Generator<Buffer> {
        return new Refilled(size).items();
      }
      @SubscribeMessage('observable')
      observable(_client: RawSocket, size: number): Observable<Buffer> {
        return new Refilled(size).pushed();
      }
      @SubscribeMessage('send')
      send(client: RawSocket, size: number): void {
        for (const item of new Refilled(size).items()) client.send(item);
      }
    }

    it.each(['generator', 'observable', 'send'])(
      'leaves as it was when it was given: %s',
      async (event) => {
        for (const perMessageDeflate of [false, { threshold: 0 }]) {
          const { app } = await startGateways(platform, [Gateway], { perMessageDeflate });
          for (const size of sizes) {
            const client = await app.connect('/ways');
            client.pause();
            client.sendJson({ event, data: size });
            await client.expectNothing(20);
            client.resume();
            await expectItems(client, size);
          }
        }
      },
    );
  });
});
