import { ClassSerializerInterceptor, Controller, Body, UseInterceptors } from '@nestjs/common';
import {
  AsyncWebSocketSender,
  RevaliWsMetrics,
  UnserializableMessageException,
  WebSocket,
  type PreparedMessage,
  WebSocketConnection,
} from 'nestjs-revali-ws';
import { from, type Observable } from 'rxjs';

import { startApp, type AppSetup } from '../../support/apps/app-factory.js';
import { eventually } from '../../support/deadline.js';
import { platforms, type Platform } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import { overTls, trusted } from '../../support/apps/tls-app.js';

const once = { serverNoContextTakeover: true, threshold: 0 };

const settings: [string, (platform: Platform) => AppSetup, typeof trusted | undefined][] = [
  ['as they are', () => ({}), undefined],
  ['compressed', () => ({ forRoot: { perMessageDeflate: { threshold: 0 } } }), undefined],
  ['compressed once', () => ({ forRoot: { perMessageDeflate: once } }), undefined],
  ['over TLS', overTls, trusted],
];

/** In each length of header, by itself and in one piece with others. */
const sizes = [0, 8, 200, 40_000, 200_000];

/** Counts how often it encodes. */
const shout = {
  encoded: 0,
  decode: (data: Buffer): string => data.toString(),
  encode: (value: unknown): string => {
    shout.encoded += 1;
    return `${String(value)}!`;
  },
};

@Controller()
class Feed {
  readonly readers: WebSocketConnection[] = [];
  readonly faults: unknown[] = [];

  @WebSocket('reader', { triggerOnConnect: true })
  reader(reader: WebSocketConnection): void {
    this.readers.push(reader);
  }
  @WebSocket('raw', { triggerOnConnect: true, format: 'raw' })
  raw(reader: WebSocketConnection): void {
    this.readers.push(reader);
  }
  @WebSocket('shouting', { triggerOnConnect: true, format: shout })
  shouting(reader: WebSocketConnection): void {
    this.readers.push(reader);
  }

  tell(value: unknown): void {
    let message: PreparedMessage | undefined;
    for (const reader of this.readers) {
      message ??= reader.prepare(value);
      reader.send(message).catch((error: unknown) => this.faults.push(error));
    }
  }
}

/** A route for each way out. */
@Controller()
class Ways {
  @WebSocket('returned')
  returned(connection: WebSocketConnection): PreparedMessage {
    return connection.prepare({ a: 1 });
  }
  @WebSocket('promised')
  async promised(connection: WebSocketConnection): Promise<PreparedMessage> {
    return connection.prepare({ a: 1 });
  }
  @WebSocket('yielded')
  *yielded(connection: WebSocketConnection): Generator<PreparedMessage> {
    yield connection.prepare({ a: 1 });
  }
  @WebSocket('pushed')
  pushed(connection: WebSocketConnection): Observable<PreparedMessage> {
    return from([connection.prepare({ a: 1 })]);
  }
  @WebSocket('sent')
  async sent(sender: AsyncWebSocketSender<{ a: number }>): Promise<void> {
    await sender.send(sender.prepare({ a: 1 }));
  }
  @WebSocket('serialized')
  @UseInterceptors(ClassSerializerInterceptor)
  serialized(connection: WebSocketConnection): PreparedMessage {
    return connection.prepare({ a: 1 });
  }
  @WebSocket('nested')
  nested(connection: WebSocketConnection): unknown {
    return { inner: connection.prepare('a') };
  }
  @WebSocket('undefined')
  nothing(@Body() _body: string, connection: WebSocketConnection): unknown {
    return connection.prepare(undefined);
  }
}

async function startFeed(platform: Platform, setup: AppSetup = {}) {
  const app = await startApp(platform, { controllers: [Feed], ...setup });
  const feed = app.app.get(Feed);
  const readers = (count: number): Promise<unknown> =>
    eventually(() => expect(feed.readers).toHaveLength(count), 'the readers');
  return { app, feed, readers };
}

describe.each(platforms)('a prepared message on $name', (platform) => {
  afterEach(closeAllApps);

  it.each(settings)('reaches all in the order of the sends (%s)', async (_name, setup, options) => {
    const { app, feed, readers } = await startFeed(platform, setup(platform));
    const clients = [await app.connect('reader', options), await app.connect('reader', options)];
    await readers(2);
    for (const size of sizes) {
      for (const reader of feed.readers) void reader.send('before');
      feed.tell('é'.repeat(size));
      const bytes = Buffer.alloc(size, 7);
      feed.tell(bytes);
      bytes.fill(9);
      for (const reader of feed.readers) void reader.send('after');
    }
    for (const client of clients) {
      for (const size of sizes) {
        expect(await client.text()).toBe('before');
        expect((await client.text()) === 'é'.repeat(size)).toBe(true);
        expect((await client.binary()).equals(Buffer.alloc(size, 7))).toBe(true);
        expect(await client.text()).toBe('after');
      }
    }
  });

  it('keeps what the value was when it was prepared', async () => {
    const { app, feed, readers } = await startFeed(platform);
    const client = await app.connect('reader');
    await readers(1);
    const value = { count: 1 };
    const message = feed.readers[0]?.prepare(value);
    value.count = 2;
    await feed.readers[0]?.send(message);
    await feed.readers[0]?.send(message);
    expect([await client.json(), await client.json()]).toEqual([{ count: 1 }, { count: 1 }]);
  });

  it('is refused by a route of another format, which is told in the exception', async () => {
    const { app, feed, readers } = await startFeed(platform);
    const [reader, raw] = [await app.connect('reader'), await app.connect('raw')];
    const shouting = await app.connect('shouting');
    await readers(3);
    feed.tell('hello');
    expect([await reader.text(), await raw.text()]).toEqual(['hello', 'hello']);
    expect((await shouting.closed).code).toBe(1011);
    expect(feed.faults).toEqual([expect.any(UnserializableMessageException)]);
    expect(String(feed.faults[0])).toContain('prepare it with a connection of this route');
    expect(reader.isOpen).toBe(true);
  });

  it('is encoded by the codec of the route once for all', async () => {
    const { app, feed, readers } = await startFeed(platform);
    const clients = [await app.connect('shouting'), await app.connect('shouting')];
    await readers(2);
    shout.encoded = 0;
    feed.tell('hello');
    for (const client of clients) expect(await client.text()).toBe('hello!');
    expect(shout.encoded).toBe(1);
  });

  it.each(['returned', 'promised', 'yielded', 'pushed', 'sent'])('may be %s', async (way) => {
    const app = await startApp(platform, { controllers: [Ways] });
    const client = await app.connect(way);
    client.send('go');
    expect(await client.json()).toEqual({ a: 1 });
  });

  it.each(['serialized', 'nested', 'undefined'])(
    'never leaves as what it is not (%s)',
    async (way) => {
      const app = await startApp(platform, { controllers: [Ways] });
      const client = await app.connect(way);
      client.send('go');
      expect((await client.closed).code).toBe(1011);
      await client.expectNothing(10);
    },
  );

  it('can be prepared by a sender whose connection has ended', async () => {
    const senders: AsyncWebSocketSender[] = [];
    @Controller()
    class Kept {
      @WebSocket('kept', { triggerOnConnect: true, format: shout })
      kept(sender: AsyncWebSocketSender): void {
        senders.push(sender);
      }
    }
    const app = await startApp(platform, { controllers: [Kept] });
    const first = await app.connect('kept');
    const second = await app.connect('kept');
    await eventually(() => expect(senders).toHaveLength(2), 'both');
    await first.close();
    const message = senders[0]?.prepare('hello');
    for (const sender of senders) await sender.send(message);
    expect(await second.text()).toBe('hello!');
  });

  it.each([
    ['as they are', {}],
    ['compressed', { perMessageDeflate: { threshold: 0 } }],
    ['compressed once', { perMessageDeflate: once }],
  ])(
    'is counted for each client that does not read, and held once (%s)',
    async (_name, forRoot) => {
      const backpressure = { highWaterMark: 1e9, maxWaiting: { messages: 1e6 } };
      const { app, feed, readers } = await startFeed(platform, {
        forRoot: { backpressure, ...forRoot },
      });
      const clients = await Promise.all(Array.from({ length: 10 }, () => app.connect('reader')));
      for (const client of clients) client.pause();
      await readers(10);
      const held = (): number => process.memoryUsage().arrayBuffers;
      const before = held();
      const bytes = Buffer.from(Array.from({ length: 2_000 }, (_, at) => (at * 7919) % 251));
      // What the kernel takes comes first.
      const [reader] = feed.readers;
      const filler = reader?.prepare(Buffer.alloc(4 * 1024 * 1024));
      for (const each of feed.readers) void each.send(filler);
      await new Promise((resolve) => setImmediate(resolve));
      for (let message = 0; message < 2_000; message += 1) feed.tell(bytes);
      const waiting = feed.readers.map(({ bufferedAmount }) => bufferedAmount);
      expect(Math.min(...waiting)).toBeGreaterThan(4_000_000);
      // Copied, it were more than the 40 MB of the small messages.
      expect(held() - before).toBeLessThan(20 * 1024 * 1024);
      expect(app.app.get(RevaliWsMetrics).snapshot().messages.sent).toBe(10 * 2_001);
      for (const client of clients) client.terminate();
    },
  );
});
