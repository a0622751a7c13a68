import { Body, Controller } from '@nestjs/common';
import {
  AsyncWebSocketSender,
  CloseWebSocket,
  WebSocket,
  WebSocketConnection,
  InvalidCloseCodeException,
} from 'nestjs-revali-ws';
import { interval, merge, range, type Observable } from 'rxjs';

import { startApp } from '../../support/apps/app-factory.js';
import { eventually } from '../../support/deadline.js';
import { gate } from '../../support/gate.js';
import { transports } from '../../support/apps/transports.js';
import { Opcode, decodeClose } from '../../support/raw/raw-frame.js';
import { closeAllApps } from '../../support/apps/running-app.js';

describe.each(transports)('closing on $label', (platform) => {
  afterEach(closeAllApps);

  it('has defaults: 1000 Closed by the server', async () => {
    @Controller()
    class Chat {
      @WebSocket('closer')
      closer(closer: CloseWebSocket): void {
        closer.close();
      }
      @WebSocket('connection')
      connection(connection: WebSocketConnection): void {
        connection.close();
      }
    }
    const app = await startApp(platform, { controllers: [Chat] });
    for (const path of ['closer', 'connection']) {
      const client = await app.connect(path);
      client.send('go');
      const closed = { code: 1000, reason: 'Closed by the server', wasClean: true };
      expect(await client.closed).toEqual(closed);
    }
  });

  it.each([1000, 1001, 1002, 1003, 1007, 1010, 1014, 3000, 3999, 4000, 4999])(
    'the code %d reaches the client with its reason',
    async (code) => {
      @Controller()
      class Chat {
        @WebSocket('chat')
        chat(closer: CloseWebSocket): void {
          closer.close(code, `Because ${code}`);
        }
      }
      const app = await startApp(platform, { controllers: [Chat] });
      const client = await app.connect('chat');
      client.send('go');
      expect(await client.closed).toMatchObject({ code, reason: `Because ${code}` });
    },
  );

  it.each([0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 1000.5, Number.NaN])(
    'the code %d throws at the call, and the connection goes on',
    async (code) => {
      const thrown: unknown[] = [];
      @Controller()
      class Chat {
        @WebSocket('chat')
        chat(closer: CloseWebSocket, connection: WebSocketConnection): string {
          for (const handle of [closer, connection]) {
            try {
              handle.close(code);
            } catch (error) {
              thrown.push(error);
            }
          }
          return 'still here';
        }
      }
      const app = await startApp(platform, { controllers: [Chat] });
      const client = await app.connect('chat');
      for (let message = 0; message < 2; message += 1) {
        client.send('go');
        expect(await client.text()).toBe('still here');
      }
      expect(thrown).toHaveLength(4);
      for (const error of thrown) {
        expect(error).toBeInstanceOf(RangeError);
        expect(error).toBeInstanceOf(InvalidCloseCodeException);
      }
    },
  );

  it.each([
    ['ASCII', 'a'.repeat(200), 'a'.repeat(123)],
    ['two-byte characters', 'é'.repeat(100), 'é'.repeat(61)],
    ['emoji', '😀'.repeat(100), '😀'.repeat(30)],
    ['123 bytes', 'b'.repeat(123), 'b'.repeat(123)],
  ])('a reason is cut to 123 bytes at a code point (%s)', async (_name, reason, sent) => {
    @Controller()
    class Chat {
      @WebSocket('chat')
      chat(closer: CloseWebSocket): void {
        closer.close(4000, reason);
      }
    }
    const app = await startApp(platform, { controllers: [Chat] });
    const client = await app.connect('chat');
    client.send('go');
    expect(await client.closed).toMatchObject({ code: 4000, reason: sent });
  });

  it('the first close wins', async () => {
    @Controller()
    class Chat {
      @WebSocket('chat')
      chat(closer: CloseWebSocket, connection: WebSocketConnection): void {
        closer.close(4001, 'First');
        closer.close(4002, 'Second');
        connection.close(4003, 'Third');
        throw new Error('Fourth');
      }
    }
    const app = await startApp(platform, { controllers: [Chat] });
    const client = await app.connect('chat');
    client.send('go');
    expect(await client.closed).toMatchObject({ code: 4001, reason: 'First' });
  });

  it('what was queued, and the value that the call still returns, go out before', async () => {
    const size = 300_000;
    @Controller()
    class Chat {
      @WebSocket('chat', { backpressure: { highWaterMark: 1000, maxWaiting: { bytes: 1e7 } } })
      async chat(closer: CloseWebSocket, sender: AsyncWebSocketSender): Promise<string> {
        for (let item = 0; item < 20; item += 1) void sender.send(Buffer.alloc(size, item));
        closer.close(4000, 'Done');
        void sender.send('after close()');
        await new Promise(setImmediate);
        return 'returned';
      }
    }
    const app = await startApp(platform, { controllers: [Chat] });
    const client = await app.connect('chat');
    client.send('go');
    for (let item = 0; item < 20; item += 1) {
      const bytes = await client.binary();
      expect([bytes.length, bytes[0]]).toEqual([size, item]);
    }
    expect(await client.text()).toBe('after close()');
    expect(await client.text()).toBe('returned');
    expect(await client.closed).toEqual({ code: 4000, reason: 'Done', wasClean: true });
  });

  it('the stream that the call still returns goes out before, to its end', async () => {
    @Controller()
    class Chat {
      @WebSocket('before')
      before(closer: CloseWebSocket): AsyncGenerator<number> {
        closer.close(4000, 'Done');
        return count();
      }
      @WebSocket('within')
      async *within(closer: CloseWebSocket): AsyncGenerator<number> {
        yield 0;
        closer.close(4000, 'Done');
        yield* count();
      }
    }
    const app = await startApp(platform, { controllers: [Chat] });
    for (const path of ['before', 'within']) {
      const client = await app.connect(path);
      client.send('go');
      for (const item of path === 'before' ? [1, 2, 3] : [0, 1, 2, 3]) {
        expect(await client.json()).toBe(item);
      }
      expect(await client.closed).toMatchObject({ code: 4000, reason: 'Done' });
    }
  });

  it('ends the streams of other calls', async () => {
    const ended: string[] = [];
    @Controller()
    class Chat {
      @WebSocket('chat', { concurrency: 3 })
      async *chat(@Body() message: string, closer: CloseWebSocket): AsyncGenerator<string> {
        try {
          if (message === 'close') closer.close(4000, 'Done');
          else for (;;) yield await soon('tick');
          yield 'last';
        } finally {
          ended.push(message);
        }
      }
    }
    const app = await startApp(platform, { controllers: [Chat] });
    const client = await app.connect('chat');
    client.send('endless');
    expect(await client.text()).toBe('tick');
    client.send('close');
    expect(await client.closed).toMatchObject({ code: 4000, reason: 'Done' });
    expect(ended.toSorted()).toEqual(['close', 'endless']);
  });

  it('ends the stream of another call that waits for the signal alone', async () => {
    @Controller()
    class Chat {
      @WebSocket('chat', { concurrency: 2 })
      async *chat(
        @Body() message: string,
        closer: CloseWebSocket,
        signal: AbortSignal,
      ): AsyncGenerator<string> {
        yield message;
        if (message === 'close') closer.close(4000, 'Done');
        else await new Promise((resolve) => signal.addEventListener('abort', resolve));
      }
    }
    const app = await startApp(platform, {
      controllers: [Chat],
      forRoot: { closeTimeout: 60_000 },
    });
    const client = await app.connect('chat');
    client.send('waits');
    expect(await client.text()).toBe('waits');
    client.send('close');
    expect(await client.closed).toMatchObject({ code: 4000, reason: 'Done' });
  });

  it('messages not yet started are dropped', async () => {
    const seen: string[] = [];
    const { open, opened } = gate();
    @Controller()
    class Chat {
      @WebSocket('chat')
      async chat(@Body() message: string, closer: CloseWebSocket): Promise<string> {
        seen.push(message);
        if (message === 'a') await opened;
        if (message === 'b') closer.close();
        return message;
      }
    }
    const app = await startApp(platform, { controllers: [Chat] });
    const client = await app.connect('chat');
    for (const message of ['a', 'b', 'c', 'd']) client.send(message);
    await eventually(() => expect(seen).toEqual(['a']), 'the first message');
    open();
    expect([await client.text(), await client.text()]).toEqual(['a', 'b']);
    await client.closed;
    expect(seen).toEqual(['a', 'b']);
  });

  it('is not done by returning a value', async () => {
    @Controller()
    class Chat {
      @WebSocket('chat')
      chat(): string {
        return 'Hello World';
      }
    }
    const app = await startApp(platform, { controllers: [Chat] });
    const client = await app.connect('chat');
    client.send('go');
    await client.text();
    await client.expectNothing();
    expect(client.isOpen).toBe(true);
  });

  it('works from outside a handler', async () => {
    const connections: WebSocketConnection[] = [];
    @Controller()
    class Chat {
      @WebSocket('chat', { triggerOnConnect: true })
      chat(connection: WebSocketConnection): void {
        connections.push(connection);
      }
    }
    const app = await startApp(platform, { controllers: [Chat] });
    const client = await app.connect('chat');
    await eventually(() => expect(connections).toHaveLength(1), 'the connection');
    void connections[0]?.send('Bye');
    connections[0]?.close(4001, 'Kicked');
    expect(connections[0]?.isOpen).toBe(false);
    expect(await client.text()).toBe('Bye');
    expect(await client.closed).toMatchObject({ code: 4001, reason: 'Kicked' });
  });

  it('from outside a handler lets everything go out that was sent before', async () => {
    const connections: WebSocketConnection[] = [];
    @Controller()
    class Chat {
      @WebSocket('chat', {
        triggerOnConnect: true,
        backpressure: { highWaterMark: 1000, maxWaiting: { bytes: 1e7 } },
      })
      chat(connection: WebSocketConnection): void {
        connections.push(connection);
      }
    }
    const app = await startApp(platform, { controllers: [Chat] });
    const client = await app.connect('chat');
    client.pause();
    await eventually(() => expect(connections).toHaveLength(1), 'the connection');
    for (let item = 0; item < 30; item += 1) {
      void connections[0]?.send(Buffer.alloc(300_000, item));
    }
    connections[0]?.close(4001, 'Done');
    await client.expectNothing();
    client.resume();
    for (let item = 0; item < 30; item += 1) expect((await client.binary())[0]).toBe(item);
    expect(await client.closed).toMatchObject({ code: 4001, reason: 'Done' });
  });

  describe('is bounded by closeTimeout', () => {
    const forRoot = { closeTimeout: 150 };

    it('where the handler does not end', async () => {
      const { open, opened } = gate();
      @Controller()
      class Chat {
        @WebSocket('chat')
        async chat(closer: CloseWebSocket): Promise<string> {
          closer.close(4000, 'Done');
          await opened;
          return 'too late';
        }
      }
      const app = await startApp(platform, { controllers: [Chat], forRoot });
      const client = await app.connect('chat');
      const asked = performance.now();
      client.send('go');
      expect(await client.closed).toMatchObject({ code: 4000, reason: 'Done' });
      expect(performance.now() - asked).toBeGreaterThan(145);
      open();
      expect(client.received).toBe(0);
    });

    it('where the returned stream does not end', async () => {
      @Controller()
      class Chat {
        @WebSocket('chat')
        chat(closer: CloseWebSocket): Observable<number> {
          closer.close(4000, 'Done');
          // The first at once: a busy machine may take all of closeTimeout for one interval.
          return merge(range(4), interval(10));
        }
      }
      const app = await startApp(platform, { controllers: [Chat], forRoot });
      const client = await app.connect('chat');
      client.send('go');
      expect(await client.closed).toMatchObject({ code: 4000, reason: 'Done' });
      expect(client.received).toBeGreaterThan(3);
    });

    it('where the client answers no close frame: its socket is cut', async () => {
      @Controller()
      class Chat {
        @WebSocket('chat', { triggerOnConnect: true })
        chat(closer: CloseWebSocket): void {
          closer.close(4000, 'Done');
        }
      }
      const app = await startApp(platform, { controllers: [Chat], forRoot });
      const client = await app.raw({ allowHalfOpen: true });
      client.upgrade('/chat');
      await client.response();
      const close = await client.nextFrame();
      expect(close.opcode).toBe(Opcode.close);
      expect(decodeClose(close.payload)).toEqual({ code: 4000, reason: 'Done' });
      await client.ended;
    });

    it('where the client does not read', async () => {
      const ended: string[] = [];
      @Controller()
      class Chat {
        @WebSocket('chat')
        chat(closer: CloseWebSocket, connection: WebSocketConnection): Buffer {
          connection.signal.addEventListener('abort', () => ended.push('ended'));
          closer.close(4000, 'Done');
          return Buffer.alloc(32 * 1024 * 1024);
        }
      }
      const app = await startApp(platform, { controllers: [Chat], forRoot });
      const client = await app.connect('chat');
      client.send('go');
      client.pause();
      await eventually(() => expect(ended).toEqual(['ended']), 'the end of the connection');
    });
  });

  it('by the client ends the connection with its code', async () => {
    const ended: string[] = [];
    @Controller()
    class Chat {
      @WebSocket('chat', { triggerOnConnect: true })
      chat(connection: WebSocketConnection): string {
        connection.signal.addEventListener('abort', () => ended.push('ended'));
        return 'open';
      }
    }
    const app = await startApp(platform, { controllers: [Chat] });
    const client = await app.connect('chat');
    await client.text();
    const closed = { code: 4321, reason: 'Bye', wasClean: true };
    expect(await client.close(4321, 'Bye')).toEqual(closed);
    expect(ended).toEqual(['ended']);
  });
});

async function* count(): AsyncGenerator<number> {
  for (let item = 1; item <= 3; item += 1) yield await soon(item);
}

async function soon<T>(value: T): Promise<T> {
  await new Promise(setImmediate);
  return value;
}
