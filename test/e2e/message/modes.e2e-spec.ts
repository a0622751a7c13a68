import { Body, Controller, UseFilters, type ExceptionFilter } from '@nestjs/common';
import {
  AsyncWebSocketSender,
  CloseWebSocket,
  Connection,
  WebSocket,
  WebSocketConnection,
  WebSocketMode,
} from 'nestjs-revali-ws';
import { NEVER, of } from 'rxjs';

import { startApp } from '../../support/apps/app-factory.js';
import { eventually } from '../../support/deadline.js';
import { gate } from '../../support/gate.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';

const NORMAL = { code: 1000, reason: 'Normal closure', wasClean: true };

describe.each(platforms)('modes on $name', (platform) => {
  afterEach(closeAllApps);

  describe('twoWay', () => {
    it.each(['default', 'enum', 'text'])(
      'answers each message and stays open (%s)',
      async (path) => {
        @Controller()
        class Chat {
          @WebSocket('default')
          @WebSocket('enum', { mode: WebSocketMode.twoWay })
          @WebSocket('text', { mode: 'twoWay' })
          greet(@Body() name: string): string {
            return `Hello ${name}`;
          }
        }
        const app = await startApp(platform, { controllers: [Chat] });
        const client = await app.connect(path);
        await client.expectNothing();
        client.send('Ann');
        client.send('Bob');
        expect([await client.text(), await client.text()]).toEqual(['Hello Ann', 'Hello Bob']);
        await client.expectNothing();
        expect(client.isOpen).toBe(true);
      },
    );
  });

  describe('receiveOnly', () => {
    it.each(['enum', 'text', 'mode'])(
      'calls the handler for each message, sends nothing and stays open (%s)',
      async (path) => {
        const seen: string[] = [];
        const take = (message: string): string => {
          seen.push(message);
          return 'dropped';
        };
        @Controller()
        class Log {
          @WebSocket('enum', { mode: WebSocketMode.receiveOnly })
          @WebSocket('text', { mode: 'receiveOnly' })
          take(@Body() message: string): string {
            return take(message);
          }
        }
        @Controller('mode')
        class ModeLog {
          @WebSocket.mode(WebSocketMode.receiveOnly)
          take(@Body() message: string): string {
            return take(message);
          }
        }
        const app = await startApp(platform, { controllers: [Log, ModeLog] });
        const client = await app.connect(path);
        client.send('a');
        client.send('b');
        await eventually(() => expect(seen).toEqual(['a', 'b']), 'both messages');
        await client.expectNothing();
        expect(client.isOpen).toBe(true);
      },
    );

    it('sends no data frame for streams, sends, replies and filters either', async () => {
      const filter: ExceptionFilter = { catch: () => 'from the filter' };
      @Controller()
      class Quiet {
        @WebSocket('quiet', { mode: 'receiveOnly', errors: 'reply', triggerOnConnect: true })
        async take(
          @Body() message: string | undefined,
          sender: AsyncWebSocketSender,
          connection: WebSocketConnection,
          closer: CloseWebSocket,
        ): Promise<unknown> {
          await sender.send('sent');
          await connection.send('sent');
          if (message === 'fail') throw new Error('answered by the policy');
          if (message === 'stream') return of('a', 'b');
          if (message === 'end') closer.close(4000, 'End');
          return 'value';
        }
        @UseFilters(filter)
        @WebSocket('filtered', { mode: 'receiveOnly' })
        fail(@Body() message: string, closer: CloseWebSocket): void {
          if (message === 'fail') throw new Error('answered by the filter');
          closer.close(4000, 'End');
        }
      }
      const app = await startApp(platform, { controllers: [Quiet] });
      for (const path of ['quiet', 'filtered']) {
        const client = await app.connect(path);
        for (const message of path === 'quiet' ? ['fail', 'stream', 'end'] : ['fail', 'end']) {
          client.send(message);
        }
        expect(await client.closed).toMatchObject({ code: 4000, reason: 'End' });
        expect(client.received).toBe(0);
      }
    });

    it('says once a route in the debug log that results are dropped', async () => {
      @Controller()
      class Log {
        @WebSocket('log', { mode: 'receiveOnly' })
        take(@Body() message: string, closer: CloseWebSocket): string {
          if (message === 'end') closer.close();
          return 'dropped';
        }
      }
      const app = await startApp(platform, { controllers: [Log] });
      for (let round = 0; round < 2; round += 1) {
        const client = await app.connect('log');
        for (const message of ['a', 'b', 'end']) client.send(message);
        await client.closed;
      }
      const dropped = app.logs.messages('debug').filter((text) => text.includes('Log.take()'));
      expect(dropped).toHaveLength(1);
    });
  });

  describe('sendOnly', () => {
    it.each(['enum', 'text', 'mode'])(
      'calls the handler on connect, sends its value and closes (%s)',
      async (path) => {
        @Controller()
        class Feed {
          @WebSocket('enum', { mode: WebSocketMode.sendOnly })
          @WebSocket('text', { mode: 'sendOnly' })
          feed(): string {
            return 'Hello World';
          }
        }
        @Controller('mode')
        class ModeFeed {
          @WebSocket.mode('sendOnly')
          feed(): string {
            return 'Hello World';
          }
        }
        const app = await startApp(platform, { controllers: [Feed, ModeFeed] });
        const client = await app.connect(path);
        expect(await client.text()).toBe('Hello World');
        expect(await client.closed).toEqual(NORMAL);
        expect(client.received).toBe(1);
      },
    );

    it('closes after a handler without a value', async () => {
      @Controller()
      class Feed {
        @WebSocket('feed', { mode: 'sendOnly' })
        async feed(sender: AsyncWebSocketSender<string>): Promise<void> {
          await sender.send('a');
          await sender.send('b');
        }
      }
      const app = await startApp(platform, { controllers: [Feed] });
      const client = await app.connect('feed');
      expect([await client.text(), await client.text()]).toEqual(['a', 'b']);
      expect(await client.closed).toEqual(NORMAL);
    });

    it('closes after the last item of a stream', async () => {
      @Controller()
      class Feed {
        @WebSocket('feed', { mode: 'sendOnly' })
        async *feed(): AsyncGenerator<number> {
          for (let item = 1; item <= 3; item += 1) {
            await new Promise(setImmediate);
            yield item;
          }
        }
      }
      const app = await startApp(platform, { controllers: [Feed] });
      const client = await app.connect('feed');
      for (const item of [1, 2, 3]) expect(await client.json()).toBe(item);
      expect(await client.closed).toEqual(NORMAL);
    });

    it('drains before it closes, also for a client that reads late', async () => {
      const size = 8 * 1024 * 1024;
      @Controller()
      class Feed {
        @WebSocket('feed', { mode: 'sendOnly', triggerOnConnect: true })
        feed(): Buffer {
          return Buffer.alloc(size, 1);
        }
      }
      const app = await startApp(platform, {
        controllers: [Feed],
        forRoot: { closeTimeout: 1500 },
      });
      const client = await app.connect('feed');
      client.pause();
      await client.expectNothing(100);
      client.resume();
      expect((await client.binary()).length).toBe(size);
      expect(await client.closed).toEqual(NORMAL);
    });

    it('runs once, whatever the client sends, and parses none of it', async () => {
      let calls = 0;
      let decoded = 0;
      const { open, opened } = gate();
      const format = {
        decode: (): unknown => (decoded += 1),
        encode: (value: unknown): string => String(value),
      };
      @Controller()
      class Feed {
        @WebSocket('feed', { mode: 'sendOnly', format })
        async feed(@Body() body: unknown): Promise<string> {
          calls += 1;
          await opened;
          return `body: ${String(body)}`;
        }
      }
      const app = await startApp(platform, { controllers: [Feed] });
      const client = await app.connect('feed');
      for (let message = 0; message < 200; message += 1) client.send('{broken');
      client.ping('after the messages');
      expect((await client.nextPong()).toString()).toBe('after the messages');
      open();
      expect(await client.text()).toBe('body: undefined');
      expect(await client.closed).toEqual(NORMAL);
      expect([calls, decoded]).toEqual([1, 0]);
    });

    it.each(['close', 'terminate'] as const)(
      'stops at once when the client leaves by %s()',
      async (leave) => {
        const ended: string[] = [];
        @Controller()
        class Feed {
          @WebSocket('generator', { mode: 'sendOnly' })
          async *generator(): AsyncGenerator<string> {
            try {
              for (;;) {
                await new Promise(setImmediate);
                yield 'a';
              }
            } finally {
              ended.push('generator');
            }
          }
          @WebSocket('observable', { mode: 'sendOnly' })
          observable(@Connection() connection: WebSocketConnection): typeof NEVER {
            connection.signal.addEventListener('abort', () => ended.push('observable'));
            void connection.send('a');
            return NEVER;
          }
        }
        const app = await startApp(platform, { controllers: [Feed] });
        for (const path of ['generator', 'observable']) {
          const client = await app.connect(path);
          await client.text();
          if (leave === 'close') void client.close(1000);
          else client.terminate();
          await eventually(() => expect(ended).toContain(path), `the end of the ${path}`);
          await client.closed;
        }
      },
    );

    it('tells the client by the close code when the handler fails', async () => {
      @Controller()
      class Feed {
        @WebSocket('feed', { mode: 'sendOnly' })
        *feed(): Generator<string> {
          yield 'a';
          throw new Error('secret');
        }
      }
      const app = await startApp(platform, { controllers: [Feed] });
      const client = await app.connect('feed');
      expect(await client.text()).toBe('a');
      expect(await client.closed).toMatchObject({ code: 1011, reason: 'Internal server error' });
    });

    it('closes with the code that the handler chose', async () => {
      @Controller()
      class Feed {
        @WebSocket('feed', { mode: 'sendOnly' })
        feed(closer: CloseWebSocket): string {
          closer.close(4100, 'Sold out');
          return 'last words';
        }
      }
      const app = await startApp(platform, { controllers: [Feed] });
      const client = await app.connect('feed');
      expect(await client.text()).toBe('last words');
      expect(await client.closed).toMatchObject({ code: 4100, reason: 'Sold out' });
    });
  });
});
