import { Body, Controller } from '@nestjs/common';
import {
  AsyncWebSocketSender,
  CloseWebSocket,
  RevaliWsMetrics,
  UnserializableMessageException,
  WebSocket,
  WebSocketConnection,
} from 'nestjs-revali-ws';
import { from, type Observable } from 'rxjs';

import { startApp } from '../../support/apps/app-factory.js';
import { eventually } from '../../support/deadline.js';
import { unhandled } from '../../support/faults/leaks.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import type { TestClient } from '../../support/clients/test-client.js';

const MEGABYTE = 1024 * 1024;

describe.each(platforms)('sending on $name', (platform) => {
  afterEach(closeAllApps);

  it('sends, returned values and stream items share one ordered queue', async () => {
    @Controller()
    class Chat {
      @WebSocket('chat', { backpressure: { highWaterMark: 10 } })
      chat(
        @Body() message: string,
        sender: AsyncWebSocketSender<string>,
        connection: WebSocketConnection,
      ): string | Observable<string> {
        const text = (name: string): string => name.repeat(20);
        void sender.send(text('a'));
        void connection.send(text('b'));
        void sender.send(text('c'));
        return message === 'value' ? text('d') : from([text('d'), text('e')]);
      }
    }
    const app = await startApp(platform, { controllers: [Chat] });
    const client = await app.connect('chat');
    client.send('value');
    client.send('stream');
    for (const name of 'abcdabcde') expect(await client.text()).toBe(name.repeat(20));
  });

  it('encodes as a returned value would be, and undefined is nothing', async () => {
    @Controller()
    class Chat {
      @WebSocket('chat')
      async chat(sender: AsyncWebSocketSender): Promise<void> {
        for (const value of ['text', undefined, { a: 1 }, null, 7, Buffer.of(1, 2)])
          await sender.send(value);
      }
    }
    const app = await startApp(platform, { controllers: [Chat] });
    const client = await app.connect('chat');
    client.send('go');
    for (const text of ['text', '{"a":1}', 'null', '7']) expect(await client.text()).toBe(text);
    expect([...(await client.binary())]).toEqual([1, 2]);
  });

  it.each([false, { threshold: 0 }])(
    'tells many the same, each in the order of the sends (compressed: %j)',
    async (perMessageDeflate) => {
      @Controller()
      class Feed {
        private readonly readers: WebSocketConnection[] = [];

        @WebSocket('feed', { triggerOnConnect: true })
        feed(@Body() message: string | undefined, reader: WebSocketConnection): void {
          if (message === undefined) {
            this.readers.push(reader);
            return;
          }
          for (const each of this.readers) void each.send('news');
          for (const [index, each] of this.readers.entries()) void each.send({ index });
          for (const each of this.readers) void each.send('news');
        }
      }
      const app = await startApp(platform, { controllers: [Feed], forRoot: { perMessageDeflate } });
      const clients: TestClient[] = [];
      for (let count = 0; count < 3; count += 1)
        clients.push(await app.connect('feed', { perMessageDeflate }));
      clients[0]?.send('go');
      for (const [index, client] of clients.entries()) {
        expect(client.socket.extensions !== '').toBe(perMessageDeflate !== false);
        for (const text of ['news', `{"index":${index}}`, 'news'])
          expect(await client.text()).toBe(text);
      }
    },
  );

  it('resolves when the socket can take more', async () => {
    const resolved: number[] = [];
    @Controller()
    class Chat {
      @WebSocket('chat')
      async chat(sender: AsyncWebSocketSender<Buffer>): Promise<void> {
        for (let item = 0; item < 64; item += 1) {
          await sender.send(Buffer.alloc(MEGABYTE, item));
          resolved.push(item);
        }
      }
    }
    const app = await startApp(platform, { controllers: [Chat] });
    const client = await app.connect('chat');
    client.pause();
    client.send('go');
    await client.expectNothing(150);
    const before = resolved.length;
    expect(before).toBeLessThan(40);
    client.resume();
    for (let item = 0; item < 64; item += 1) expect((await client.binary())[0]).toBe(item);
    await eventually(() => expect(resolved).toHaveLength(64), 'all sends to resolve');
  });

  it('is silent after the end, and lets go who waits for a client that left', async () => {
    const events: string[] = [];
    @Controller()
    class Chat {
      @WebSocket('chat')
      async chat(sender: AsyncWebSocketSender, connection: WebSocketConnection): Promise<void> {
        for (let item = 0; item < 64; item += 1) await sender.send(Buffer.alloc(MEGABYTE));
        events.push('all sends resolved');
        await connection.send('late');
        await sender.send({ unserializable: 1n });
        events.push('late sends resolved');
      }
    }
    const app = await startApp(platform, { controllers: [Chat] });
    const client = await app.connect('chat');
    client.pause();
    client.send('go');
    await client.expectNothing();
    expect(events).toEqual([]);
    client.terminate();
    const expected = ['all sends resolved', 'late sends resolved'];
    await eventually(() => expect(events).toEqual(expected), 'the handler to end');
    expect(app.logs.messages('error')).toEqual([]);
  });

  it('a value that cannot be encoded rejects and closes with 1011', async () => {
    const rejections: unknown[] = [];
    const recorder = unhandled();
    @Controller()
    class Chat {
      @WebSocket('awaited')
      async awaited(sender: AsyncWebSocketSender): Promise<void> {
        await sender.send('before');
        await sender.send({ n: 1n });
      }
      @WebSocket('ignored')
      ignored(connection: WebSocketConnection): void {
        void connection.send('before');
        void connection.send({ n: 1n });
      }
      @WebSocket('caught')
      async caught(sender: AsyncWebSocketSender): Promise<void> {
        await sender.send('before');
        await sender.send({ n: 1n }).catch((error: unknown) => rejections.push(error));
      }
    }
    const app = await startApp(platform, { controllers: [Chat] });
    for (const path of ['awaited', 'ignored', 'caught']) {
      const client = await app.connect(path);
      client.send('go');
      expect(await client.text()).toBe('before');
      expect(await client.closed).toMatchObject({ code: 1011, reason: 'Internal server error' });
    }
    expect(rejections).toEqual([expect.any(UnserializableMessageException)]);
    expect(app.logs.at('error')).toHaveLength(3);
    expect(await recorder.release()).toEqual([]);
  });

  it("with errors: 'reply' a value that cannot be encoded is answered once", async () => {
    @Controller()
    class Chat {
      @WebSocket('chat', { errors: 'reply' })
      async chat(@Body() message: string, sender: AsyncWebSocketSender): Promise<string> {
        if (message === 'bad') await sender.send({ n: 1n });
        return message;
      }
    }
    const app = await startApp(platform, { controllers: [Chat] });
    const client = await app.connect('chat');
    client.send('bad');
    client.send('good');
    const error = { statusCode: 500, message: 'Internal server error' };
    expect(await client.json()).toEqual({ error });
    expect(await client.text()).toBe('good');
  });

  it('after close() in the same call still goes out', async () => {
    @Controller()
    class Chat {
      @WebSocket('chat')
      async chat(sender: AsyncWebSocketSender<string>, closer: CloseWebSocket): Promise<void> {
        closer.close();
        await sender.send('last words');
      }
    }
    const app = await startApp(platform, { controllers: [Chat] });
    const client = await app.connect('chat');
    client.send('go');
    expect(await client.text()).toBe('last words');
    expect(await client.closed).toMatchObject({ code: 1000 });
  });

  describe('to a client that does not read', () => {
    const flood = async (sender: AsyncWebSocketSender<Buffer>): Promise<void> => {
      for (let item = 0; item < 64; item += 1) await sender.send(Buffer.alloc(MEGABYTE, item));
    };
    @Controller()
    class Flood {
      @WebSocket('wait', { backpressure: { highWaterMark: MEGABYTE, timeout: 100 } })
      @WebSocket('close', { backpressure: { policy: 'close' } })
      async flood(sender: AsyncWebSocketSender<Buffer>): Promise<string> {
        await flood(sender);
        return 'done';
      }
    }

    it.each(['wait', 'close'])('closes with 1008 Slow consumer (%s)', async (path) => {
      const app = await startApp(platform, { controllers: [Flood] });
      const client = await app.connect(path);
      client.pause();
      client.send('go');
      const metrics = app.app.get(RevaliWsMetrics);
      await eventually(
        () => expect(metrics.snapshot().connections.slowConsumers).toBe(1),
        'the server to give it up',
      );
      client.resume();
      expect(await client.closed).toMatchObject({ code: 1008, reason: 'Slow consumer' });
      expect(client.received).toBeLessThan(64);
    });

    it("'drop' drops what does not fit, and the connection goes on", async () => {
      const connections: WebSocketConnection[] = [];
      @Controller()
      class Drop {
        @WebSocket('drop', { backpressure: { policy: 'drop' } })
        async drop(
          @Body() message: string,
          sender: AsyncWebSocketSender<Buffer>,
          connection: WebSocketConnection,
        ): Promise<string> {
          connections.push(connection);
          if (message === 'flood') await flood(sender);
          return message;
        }
      }
      const app = await startApp(platform, { controllers: [Drop] });
      const client = await app.connect('drop');
      client.pause();
      client.send('flood');
      await client.expectNothing();
      client.resume();
      expect((await client.binary())[0]).toBe(0);
      await eventually(() => expect(connections[0]?.bufferedAmount).toBe(0), 'the drain');
      client.send('still here');
      let message = await client.next();
      while (message.isBinary) message = await client.next();
      expect(message.data).toBe('still here');
      expect(client.received).toBeLessThan(64);
    });
  });
});
