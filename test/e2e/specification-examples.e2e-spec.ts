import {
  Body,
  Controller,
  Headers,
  Injectable,
  UseGuards,
  UseInterceptors,
  UsePipes,
  type CanActivate,
  type CallHandler,
  type ExecutionContext,
  type INestApplication,
  type NestInterceptor,
  type PipeTransform,
} from '@nestjs/common';
import {
  CloseWebSocket,
  UseObservers,
  WebSocket,
  WebSocketMode,
  type WebSocketObserver,
} from 'nestjs-revali-ws';
import { tap, type Observable } from 'rxjs';
import { WebSocket as Channel } from 'ws';

import { startApp } from '../support/apps/app-factory.js';
import { eventually, within } from '../support/deadline.js';
import { platforms } from '../support/apps/platforms.js';
import { closeAllApps, type RunningApp } from '../support/apps/running-app.js';

// The examples of the specification, each in TypeScript under its heading.
describe.each(platforms)('WebSockets on $name', (platform) => {
  afterEach(closeAllApps);

  const serve = (...controllers: (new (...args: never[]) => unknown)[]): Promise<RunningApp> =>
    startApp(platform, { controllers });

  describe('Creating a WebSocket Handler', () => {
    @Controller('example')
    class MyController {
      @WebSocket('websocket')
      echoMessage(@Body() message: string): string {
        return `Echo: ${message}`;
      }
    }

    it('calls the handler every time a message is sent', async () => {
      const app = await serve(MyController);
      const client = await app.connect('/example/websocket');
      for (const message of ['one', 'two', 'three']) {
        client.send(message);
        expect(await client.text()).toBe(`Echo: ${message}`);
      }
    });

    it('keeps the headers of the handshake throughout the connection', async () => {
      @Controller('example')
      class WithHeaders {
        @WebSocket('websocket')
        who(@Headers('x-name') name: string, @Body() message: string): string {
          return `${name}: ${message}`;
        }
      }
      const app = await serve(WithHeaders);
      const client = await app.connect('/example/websocket', { headers: { 'x-name': 'Ann' } });
      for (const message of ['one', 'two']) {
        client.send(message);
        expect(await client.text()).toBe(`Ann: ${message}`);
      }
    });
  });

  describe('Two-Way Communication', () => {
    @Controller('example')
    class MyController {
      @WebSocket('websocket', { mode: WebSocketMode.twoWay })
      answer(@Body() message: string): string {
        return message.toUpperCase();
      }
    }

    it('the client sends to the server and the server to the client', async () => {
      const app = await serve(MyController);
      const client = await app.connect('/example/websocket');
      client.send('a');
      expect(await client.text()).toBe('A');
    });
  });

  describe('Receive-Only Communication', () => {
    const received: string[] = [];
    @Controller('example')
    class MyController {
      @WebSocket('websocket', { mode: WebSocketMode.receiveOnly })
      receive(@Body() message: string): string {
        received.push(message);
        return 'never sent';
      }
    }

    it('the server only receives', async () => {
      received.length = 0;
      const app = await serve(MyController);
      const client = await app.connect('/example/websocket');
      client.send('a');
      client.send('b');
      await eventually(() => expect(received).toEqual(['a', 'b']), 'the messages');
      await client.expectNothing();
    });
  });

  describe('Send-Only Communication', () => {
    @Controller('example')
    class MyController {
      @WebSocket('websocket', { mode: WebSocketMode.sendOnly })
      async *send(): AsyncGenerator<string> {
        yield 'one';
        yield 'two';
      }
    }

    it('the server only sends', async () => {
      const app = await serve(MyController);
      const client = await app.connect('/example/websocket');
      client.send('not read');
      expect([await client.text(), await client.text()]).toEqual(['one', 'two']);
      await client.closed;
    });
  });

  describe('Closing the Connection', () => {
    describe('Send Only', () => {
      @Controller('example')
      class MyController {
        @WebSocket('websocket', { mode: WebSocketMode.sendOnly })
        sendOnly(): string {
          return 'Hello World'; // Returning a value will close the connection
        }
      }

      it('as soon as the handler is resolved, the connection is closed', async () => {
        const app = await serve(MyController);
        const client = await app.connect('/example/websocket');
        expect(await client.text()).toBe('Hello World');
        expect(await client.closed).toMatchObject({ code: 1000, reason: 'Normal closure' });
      });
    });

    describe('Two Way or Receive Only', () => {
      @Controller('example')
      class MyController {
        @WebSocket('two-way', { mode: WebSocketMode.twoWay })
        twoWay(): string {
          return 'Hello World'; // Does not close the connection
        }

        @WebSocket('closer', { mode: WebSocketMode.twoWay })
        closer(@Body() message: string, closer: CloseWebSocket): string | undefined {
          if (message === 'close') {
            closer.close(1000, 'Normal Closure');
            return undefined;
          }
          return 'Hello World'; // Does not close the connection
        }

        @WebSocket('long', { mode: WebSocketMode.receiveOnly })
        long(@Body() reason: string, closer: CloseWebSocket): void {
          closer.close(4999, reason);
        }
      }

      it('a returned value does not close the connection', async () => {
        const app = await serve(MyController);
        const client = await app.connect('/example/two-way');
        for (let message = 0; message < 3; message += 1) {
          client.send('again');
          expect(await client.text()).toBe('Hello World');
        }
        expect(client.isOpen).toBe(true);
      });

      it('CloseWebSocket closes it, after what remains was sent', async () => {
        const app = await serve(MyController);
        const client = await app.connect('/example/closer');
        client.send('stay');
        client.send('close');
        expect(await client.text()).toBe('Hello World');
        expect(await client.closed).toMatchObject({ code: 1000, reason: 'Normal Closure' });
      });

      it('the reason is truncated to what a close frame holds, which is 123 bytes', async () => {
        const app = await serve(MyController);
        const client = await app.connect('/example/long');
        client.send('r'.repeat(125));
        expect(await client.closed).toMatchObject({ code: 4999, reason: 'r'.repeat(123) });
      });
    });
  });

  describe('Connecting to the WebSocket', () => {
    @Controller('example')
    class MyController {
      @WebSocket('websocket')
      echoMessage(@Body() message: string): string {
        return `Echo: ${message}`;
      }

      @WebSocket('json')
      json(@Body() body: { message: string }, closer: CloseWebSocket): { got: string } {
        closer.close(1000, 'Thank you');
        return { got: body.message };
      }
    }

    it.each([
      ['websocket', 'Echo: {"message":"Hello World"}'],
      ['json', '{"got":"Hello World"}'],
    ])('a client with headers, that sends JSON as bytes (%s)', async (path, answer) => {
      const app = await serve(MyController);
      const channel = new Channel(app.url(`/example/${path}`), {
        headers: { 'content-encoding': 'utf-8', 'content-type': 'application/json' },
      });
      const printed: string[] = [];
      const done = new Promise<void>((resolve) => {
        channel.on('message', (message, isBinary) => {
          if (isBinary || !Buffer.isBuffer(message)) throw new Error('Unsupported message type');
          printed.push(`SERVER: ${message.toString('utf8')}`);
          if (path === 'websocket') channel.close(1000, 'Bye');
        });
        channel.on('error', (error) => printed.push(`Error ${error.message}`));
        channel.on('close', (code, reason) => {
          printed.push('Connection closed', `code: ${code}`, `reason: ${reason.toString()}`);
          resolve();
        });
      });
      const message = new TextEncoder().encode(JSON.stringify({ message: 'Hello World' }));
      channel.on('open', () => channel.send(message));
      await within(done, 'the connection to close');
      expect(printed).toEqual([
        `SERVER: ${answer}`,
        'Connection closed',
        'code: 1000',
        `reason: ${path === 'json' ? 'Thank you' : 'Bye'}`,
      ]);
    });
  });

  describe('Ping', () => {
    @Controller('example')
    class MyController {
      @WebSocket.ping('websocket', { ping: '50ms' })
      echo(@Body() message: string): string {
        return message;
      }
    }

    it('a client that answers stays, one that does not is closed', async () => {
      const app = await serve(MyController);
      const alive = await app.connect('/example/websocket');
      const dead = await app.connect('/example/websocket', { autoPong: false });
      expect(await dead.closed).toMatchObject({ code: 1001 });
      await alive.nextPing();
      expect(alive.isOpen).toBe(true);
    });
  });

  describe('On Connect', () => {
    @Controller('example')
    class MyController {
      @WebSocket('websocket', { triggerOnConnect: true })
      onConnect(@Body() message: string | null): string {
        return message ? `Hello ${message}` : 'Hello World';
      }
    }

    it('the handler runs when the connection is established, without a message', async () => {
      const app = await serve(MyController);
      const client = await app.connect('/example/websocket');
      expect(await client.text()).toBe('Hello World');
      client.send('Ann');
      expect(await client.text()).toBe('Hello Ann');
    });
  });

  describe('WebSocket Lifecycle', () => {
    const steps: string[] = [];
    @Injectable()
    class Guard implements CanActivate {
      canActivate(): boolean {
        return steps.push('guard') > 0;
      }
    }
    const observer: WebSocketObserver = {
      onOpen: () => void steps.push('observer open'),
      onClose: () => void steps.push('observer close'),
    };
    const interceptor: NestInterceptor = {
      intercept: (_context: ExecutionContext, next: CallHandler): Observable<unknown> => {
        steps.push('interceptor pre');
        return next.handle().pipe(tap({ complete: () => steps.push('interceptor post') }));
      },
    };
    const pipe: PipeTransform = {
      transform: (value: unknown): unknown => {
        steps.push('pipe');
        return value;
      },
    };
    @UseGuards(Guard)
    @UseObservers(observer)
    @UseInterceptors(interceptor)
    @UsePipes(pipe)
    @Controller('example')
    class MyController {
      @WebSocket('websocket', { triggerOnConnect: true })
      endpoint(@Body() message?: string): string {
        steps.push(`endpoint ${message}`);
        return `done ${message}`;
      }
    }

    it('is observer, middleware, guard, on connect, message loop, observer', async () => {
      steps.length = 0;
      const app = await startApp(platform, {
        controllers: [MyController],
        configure: (nest: INestApplication) => {
          nest.use((_request: unknown, _response: unknown, next: () => void) => {
            steps.push('middleware');
            next();
          });
        },
      });
      const client = await app.connect('/example/websocket');
      expect(await client.text()).toBe('done undefined');
      client.send('one');
      expect(await client.text()).toBe('done one');
      client.send('two');
      expect(await client.text()).toBe('done two');
      await client.close();
      const messageLoop = (message: string): string[] => [
        'interceptor pre',
        'pipe',
        `endpoint ${message}`,
        'interceptor post',
      ];
      await eventually(() => expect(steps.at(-1)).toBe('observer close'), 'the last step');
      expect(steps).toEqual([
        'observer open',
        'middleware',
        'guard',
        'interceptor pre',
        'endpoint undefined',
        'interceptor post',
        ...messageLoop('one'),
        ...messageLoop('two'),
        'observer close',
      ]);
    });
  });
});
