import {
  Body,
  Controller,
  createParamDecorator,
  Get,
  Injectable,
  type ExecutionContext,
} from '@nestjs/common';
import {
  AsyncWebSocketSender,
  CleanUp,
  CloseWebSocket,
  Connection,
  WebSocket,
  WebSocketConnection,
} from 'nestjs-revali-ws';

import { startApp } from '../../support/apps/app-factory.js';
import { eventually } from '../../support/deadline.js';
import { collectGarbage } from '../../support/faults/garbage.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';

const names = (handles: unknown[]): string[] =>
  handles.map((handle) =>
    [CloseWebSocket, AsyncWebSocketSender, CleanUp, WebSocketConnection, AbortSignal]
      .filter((type) => handle instanceof type)
      .map(({ name }) => name)
      .join(),
  );

const ALL = [
  'CloseWebSocket',
  'AsyncWebSocketSender',
  'CleanUp',
  'WebSocketConnection',
  'AbortSignal',
];

describe.each(platforms)('handles on $name', (platform) => {
  afterEach(closeAllApps);

  it('are parameters by their type, in any place among the others', async () => {
    @Controller()
    class Chat {
      @WebSocket('chat')
      chat(
        closer: CloseWebSocket,
        sender: AsyncWebSocketSender<string>,
        @Body() message: string,
        cleanUp: CleanUp,
        connection: WebSocketConnection,
        signal: AbortSignal,
      ): unknown[] {
        return [...names([closer, sender, cleanUp, connection, signal]), message];
      }
    }
    const app = await startApp(platform, { controllers: [Chat] });
    const client = await app.connect('chat');
    client.send('hi');
    expect(await client.json()).toEqual([...ALL, 'hi']);
  });

  it('the raw socket takes listeners at any time, beside the handler', async () => {
    const heard: string[] = [];
    const hear = (data: Buffer): void => void heard.push(`heard ${data.toString()}`);
    @Controller()
    class Chat {
      @WebSocket('chat')
      chat(@Body() message: string, { socket }: WebSocketConnection): unknown[] {
        if (message === 'listen') socket?.on('message', hear).once('ping', hear);
        if (message === 'stop') socket?.off('message', hear);
        return [message, socket?.eventNames(), socket?.listenerCount('message'), heard];
      }
    }
    const app = await startApp(platform, { controllers: [Chat] });
    const client = await app.connect('chat');
    const ask = (message: string): Promise<unknown> => {
      client.send(message);
      return client.json();
    };
    expect(await ask('before')).toEqual(['before', [], 0, []]);
    expect(await ask('listen')).toEqual(['listen', ['message', 'ping'], 1, []]);
    client.ping('a ping');
    client.ping('another');
    await client.nextPong();
    await client.nextPong();
    // The handler is told first: a listener that it adds hears the same message, one that it takes off does not.
    expect(await ask('stop')).toEqual(['stop', [], 0, ['heard listen', 'heard a ping']]);
    expect(await ask('after')).toEqual(['after', [], 0, ['heard listen', 'heard a ping']]);
  });

  it('@Connection() works where the compiler emits no types', async () => {
    class Untyped {
      chat(connection: WebSocketConnection, message: unknown): string {
        return `${connection instanceof WebSocketConnection} ${connection.isOpen} ${String(message)}`;
      }
    }
    // What a compiler without decorator metadata makes of decorated TypeScript.
    Connection()(Untyped.prototype, 'chat', 0);
    Body()(Untyped.prototype, 'chat', 1);
    const descriptor = Object.getOwnPropertyDescriptor(Untyped.prototype, 'chat');
    if (descriptor) WebSocket('chat')(Untyped.prototype, 'chat', descriptor);
    Controller()(Untyped);
    const app = await startApp(platform, { controllers: [Untyped] });
    const client = await app.connect('chat');
    client.send('hi');
    expect(await client.text()).toBe('true true hi');
  });

  it('are what createParamDecorator() finds in the context', async () => {
    const ConnectionId = createParamDecorator(
      (_data: unknown, context: ExecutionContext) =>
        context.switchToWs().getClient<WebSocketConnection>().id,
    );
    @Controller()
    class Chat {
      @WebSocket('chat')
      chat(@ConnectionId() id: string, connection: WebSocketConnection): boolean {
        return id === connection.id;
      }
    }
    const app = await startApp(platform, { controllers: [Chat] });
    const client = await app.connect('chat');
    client.send('hi');
    expect(await client.json()).toBe(true);
  });

  it('are providers, the same for all that one connection injects', async () => {
    @Injectable()
    class Room {
      constructor(
        readonly closer: CloseWebSocket,
        readonly sender: AsyncWebSocketSender,
        readonly cleanUp: CleanUp,
        readonly connection: WebSocketConnection,
      ) {}
    }
    @Controller()
    class Chat {
      constructor(
        private readonly room: Room,
        private readonly connection: WebSocketConnection,
      ) {}

      @WebSocket('chat')
      chat(connection: WebSocketConnection): unknown[] {
        const { closer, sender, cleanUp } = this.room;
        return [
          ...names([closer, sender, cleanUp, this.connection, connection.signal]),
          this.connection === connection && this.room.connection === connection,
        ];
      }
    }
    const app = await startApp(platform, { controllers: [Chat], providers: [Room] });
    for (let round = 0; round < 2; round += 1) {
      const client = await app.connect('chat');
      client.send('hi');
      expect(await client.json()).toEqual([...ALL, true]);
    }
  });

  it('say so where they are used in a plain HTTP request', async () => {
    @Controller()
    class Mixed {
      constructor(private readonly sender: AsyncWebSocketSender) {}

      @Get('plain')
      plain(): string {
        return 'no handle used';
      }
      @Get('used')
      async used(): Promise<string> {
        await this.sender.send('to whom?');
        return 'never';
      }
      @WebSocket('chat')
      async chat(): Promise<void> {
        await this.sender.send('to you');
      }
    }
    const app = await startApp(platform, { controllers: [Mixed] });
    expect(await app.get('/plain')).toMatchObject({ status: 200, body: 'no handle used' });
    expect(await app.get('/used')).toMatchObject({ status: 500 });
    expect(app.logs.messages('error').join()).toContain('AsyncWebSocketSender.send');
    const client = await app.connect('chat');
    client.send('hi');
    expect(await client.text()).toBe('to you');
  });

  describe('WebSocketConnection', () => {
    it('has id, request, params, protocol, data, signal, isOpen and the raw socket', async () => {
      const seen: WebSocketConnection<{ count?: number }>[] = [];
      @Controller('rooms')
      class Chat {
        @WebSocket(':room/*rest', { protocols: ['chat.v2'] })
        chat(connection: WebSocketConnection<{ count?: number }>): unknown {
          seen.push(connection);
          connection.data.count = (connection.data.count ?? 0) + 1;
          const { request, params, protocol, data, isOpen, socket, bufferedAmount } = connection;
          // Not `instanceof`: the package may bring a `ws` of its own.
          const isRaw = typeof socket?.terminate === 'function';
          const { url, headers } = request;
          const name = headers['x-name'];
          return { url, name, params, protocol, data, isOpen, isRaw, bufferedAmount };
        }
      }
      const app = await startApp(platform, { controllers: [Chat] });
      const open = () =>
        app.connect('rooms/7/a/b?q=1', {
          headers: { 'x-name': 'Ann' },
          protocols: ['chat.v1', 'chat.v2'],
        });
      const [first, second] = [await open(), await open()];
      const expected = {
        url: '/rooms/7/a/b?q=1',
        name: 'Ann',
        params: { room: '7', rest: ['a', 'b'] },
        protocol: 'chat.v2',
        isOpen: true,
        isRaw: true,
        bufferedAmount: 0,
      };
      first.send('1');
      expect(await first.json()).toMatchObject({ ...expected, data: { count: 1 } });
      first.send('2');
      expect(await first.json()).toMatchObject({ data: { count: 2 } });
      second.send('1');
      expect(await second.json()).toMatchObject({ ...expected, data: { count: 1 } });
      expect(seen[0]).toBe(seen[1]);
      expect(new Set(seen.map(({ id }) => id)).size).toBe(2);
      expect(seen[0]?.id.length).toBeGreaterThanOrEqual(16);
      await first.close();
      await eventually(() => expect(seen[0]?.isOpen).toBe(false), 'the end');
      expect([seen[0]?.signal.aborted, seen[2]?.signal.aborted]).toEqual([true, false]);
    });

    it('tells how much waits for a client that does not read', async () => {
      const amounts: number[] = [];
      @Controller()
      class Chat {
        @WebSocket('chat')
        chat(connection: WebSocketConnection): void {
          const size = 16 * 1024 * 1024;
          void connection.send(Buffer.alloc(size));
          amounts.push(connection.bufferedAmount);
        }
      }
      const app = await startApp(platform, { controllers: [Chat] });
      const client = await app.connect('chat');
      client.pause();
      client.send('go');
      await eventually(() => expect(amounts[0]).toBeGreaterThan(1024 * 1024), 'the amount');
    });
  });

  describe('AbortSignal', () => {
    it.each(['close', 'terminate', 'server'] as const)(
      'is aborted once when the connection ends (%s)',
      async (how) => {
        const aborted: string[] = [];
        @Controller()
        class Chat {
          @WebSocket('chat')
          chat(signal: AbortSignal, closer: CloseWebSocket): boolean {
            signal.addEventListener('abort', () => aborted.push('aborted'));
            if (how === 'server') closer.close();
            return signal.aborted;
          }
        }
        const app = await startApp(platform, { controllers: [Chat] });
        const client = await app.connect('chat');
        client.send('go');
        expect(await client.json()).toBe(false);
        if (how === 'close') await client.close();
        if (how === 'terminate') client.terminate();
        await client.closed;
        await eventually(() => expect(aborted).toEqual(['aborted']), 'the abort');
      },
    );
  });

  it('kept after the end are silent and hold nothing of the connection', async () => {
    const kept: { sender: AsyncWebSocketSender; closer: CloseWebSocket; cleanUp: CleanUp }[] = [];
    const connections: WeakRef<WebSocketConnection>[] = [];
    @Controller()
    class Chat {
      @WebSocket('chat')
      chat(
        sender: AsyncWebSocketSender,
        closer: CloseWebSocket,
        cleanUp: CleanUp,
        connection: WebSocketConnection,
      ): string {
        kept.push({ sender, closer, cleanUp });
        connections.push(new WeakRef(connection));
        return 'kept';
      }
    }
    const app = await startApp(platform, { controllers: [Chat] });
    for (let round = 0; round < 5; round += 1) {
      const client = await app.connect('chat');
      client.send('go');
      await client.text();
      await client.close();
    }
    await eventually(() => {
      collectGarbage();
      const left = connections.filter((reference) => reference.deref() !== undefined);
      // The newest may still be on a stack.
      expect(left.length).toBeLessThanOrEqual(1);
    }, 'the connections to be collected');
    expect(kept).toHaveLength(5);
    for (const { sender, closer, cleanUp } of kept) {
      await expect(sender.send({ late: 1n })).resolves.toBeUndefined();
      expect(() => closer.close(1000)).not.toThrow();
      let ran = 0;
      cleanUp.add(() => (ran += 1));
      expect(ran).toBe(1);
    }
    expect(app.logs.messages('error')).toEqual([]);
  });
});
