import {
  BadRequestException,
  Body,
  Catch,
  Controller,
  UseFilters,
  type ExceptionFilter,
  type Type,
} from '@nestjs/common';
import { WsException } from '@nestjs/websockets';
import {
  CloseWebSocketException,
  NO_REPLY,
  OnConnect,
  OnMessage,
  WebSocket,
  WebSocketConnection,
  WebSocketController,
  type WebSocketRouteOptions,
} from 'nestjs-revali-ws';

import { startApp } from '../../support/apps/app-factory.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';
import type { TestClient } from '../../support/clients/test-client.js';

const protocols = ['revali.v1'];

class Odd extends Error {}
class Silent extends Error {}

@Catch(Odd, Silent)
class OddFilter implements ExceptionFilter {
  catch(error: Error): unknown {
    return error instanceof Odd ? { odd: error.message } : NO_REPLY;
  }
}

const answers: Record<string, (connection: WebSocketConnection) => unknown> = {
  text: () => 'plain',
  number: () => 42,
  object: () => ({ a: [1] }),
  nothing: () => undefined,
  null: () => null,
  bytes: () => Buffer.from([1, 2, 3]),
  promise: () => Promise.resolve('later'),
  prepared: (connection) => connection.prepare({ prepared: true }),
  refused: () => {
    throw new BadRequestException('No such thing');
  },
  ws: () => {
    throw new WsException('From a gateway');
  },
  fault: () => {
    throw new Error('a secret');
  },
  rejected: () => Promise.reject(new Error('a secret')),
  odd: () => {
    throw new Odd('one');
  },
  silent: () => {
    throw new Silent();
  },
  circular: () => {
    const circle: Record<string, unknown> = {};
    circle['circle'] = circle;
    return circle;
  },
  closing: () => {
    throw new CloseWebSocketException(4000, 'Enough');
  },
  goodbye: (connection) => {
    connection.close(4001, 'Bye');
    return 'last words';
  },
  beside: (connection) => {
    void connection.send('beside');
    void connection.send(connection.prepare('prepared beside'));
    void connection.send(Buffer.from([9]));
    return 'answer';
  },
};

function controllerOf(options: WebSocketRouteOptions): Type<unknown> {
  @Controller()
  @UseFilters(OddFilter)
  class AskController {
    @WebSocket('ask', options)
    ask(@Body() name: string | undefined, connection: WebSocketConnection): unknown {
      if (name === undefined) return 'welcome';
      const answer = answers[name];
      return answer ? answer(connection) : { echo: name };
    }
  }
  return AskController;
}

@Controller()
class FeedController {
  @WebSocket('feed', { mode: 'sendOnly' })
  async *feed(signal: AbortSignal): AsyncGenerator<string> {
    yield 'first';
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
  }
}

@WebSocketController('typed')
class TypedController {
  @OnConnect()
  welcome(): string {
    return 'welcome';
  }

  @OnMessage('add')
  add(@Body('numbers') numbers: number[]): number {
    return numbers.reduce((sum, each) => sum + each, 0);
  }
}

describe.each(platforms)('A call ($name)', (platform) => {
  afterEach(closeAllApps);

  const start = (options: WebSocketRouteOptions = {}): Promise<RunningApp> =>
    startApp(platform, { controllers: [controllerOf(options)] });
  const ask = async (options: WebSocketRouteOptions = {}): Promise<TestClient> =>
    (await start(options)).connect('/ask', { protocols });

  it.each([
    ['a text', 'text', 'r 1\nplain'],
    ['a number', 'number', 'r 1\n42'],
    ['an object', 'object', 'r 1\n{"a":[1]}'],
    ['null', 'null', 'r 1\nnull'],
    ['a promise', 'promise', 'r 1\nlater'],
    ['a prepared message', 'prepared', 'r 1\n{"prepared":true}'],
    ['nothing', 'nothing', 'd 1\n'],
  ])('is answered with what its handler returns: %s', async (_what, name, answer) => {
    const client = await ask();
    client.send(`c 1\n${name}`);
    expect(await client.text()).toBe(answer);
    client.send('c 1\nagain');
    expect(await client.text()).toBe('r 1\n{"echo":"again"}');
  });

  it('is answered in bytes where the result is bytes', async () => {
    const client = await ask();
    client.send('c ab\nbytes');
    expect(await client.binary()).toEqual(Buffer.from([4, ...Buffer.from('r ab'), 1, 2, 3]));
  });

  it('may be made in bytes', async () => {
    const client = await ask();
    client.send(Buffer.from([3, ...Buffer.from('c 1'), ...Buffer.from('text')]));
    expect(await client.text()).toBe('r 1\nplain');
    client.send(Buffer.from([0, ...Buffer.from('hello')]));
    expect(await client.text()).toBe('\n{"echo":"hello"}');
  });

  it.each([
    ['an HTTP exception', 'refused', { statusCode: 400, message: 'No such thing' }],
    ['a WsException', 'ws', { statusCode: 400, message: 'From a gateway' }],
    ['a fault', 'fault', { statusCode: 500, message: 'Internal server error' }],
    ['a rejection', 'rejected', { statusCode: 500, message: 'Internal server error' }],
    ['what has no JSON form', 'circular', { statusCode: 500, message: 'Internal server error' }],
    ['what a filter answers', 'odd', { odd: 'one' }],
  ])('that fails is told why, and the connection stays: %s', async (_what, name, reason) => {
    const client = await ask({ errors: 'close' });
    client.send(`c 5\n${name}`);
    const [header, payload = ''] = (await client.text()).split('\n');
    expect(header).toBe('e 5');
    expect(JSON.parse(payload)).toMatchObject(reason);
    client.send('c 5\ntext');
    expect(await client.text()).toBe('r 5\nplain');
  });

  it('is done where a filter wants silence', async () => {
    const client = await ask();
    client.send('c 5\nsilent');
    expect(await client.text()).toBe('d 5\n');
  });

  it('whose handler closes the connection gets the close for an answer', async () => {
    const client = await ask();
    client.send('c 1\nclosing');
    expect(await client.closed).toMatchObject({ code: 4000, reason: 'Enough' });
    expect(client.received).toBe(0);
  });

  it('whose handler closes and returns is answered before the close', async () => {
    const client = await ask();
    client.send('c 1\ngoodbye');
    expect(await client.text()).toBe('r 1\nlast words');
    expect(await client.closed).toMatchObject({ code: 4001, reason: 'Bye' });
  });

  it('stands beside messages, which have an empty header', async () => {
    const client = await ask({ triggerOnConnect: true });
    expect(await client.text()).toBe('\nwelcome');
    client.send('c 1\nbeside');
    expect(await client.text()).toBe('\nbeside');
    expect(await client.text()).toBe('\nprepared beside');
    expect(await client.binary()).toEqual(Buffer.from([0, 9]));
    expect(await client.text()).toBe('r 1\nanswer');
    client.send('\ntext');
    expect(await client.text()).toBe('\nplain');
    client.send('\nnothing');
    client.send('c 2\ntext');
    expect(await client.text()).toBe('r 2\nplain');
  });

  it('leaves messages to the error policy of the route', async () => {
    const app = await start({ errors: 'reply' });
    const client = await app.connect('/ask', { protocols });
    client.send('\nrefused');
    expect(await client.text()).toMatch(/^\n\{"error":\{.*"No such thing"/);
    const closing = await ask({ errors: 'close' });
    closing.send('\nrefused');
    expect(await closing.closed).toMatchObject({ code: 1007, reason: 'No such thing' });
  });

  it('goes by the type of its message', async () => {
    const app = await startApp(platform, { controllers: [TypedController] });
    const client = await app.connect('/typed', { protocols });
    expect(await client.text()).toBe('\nwelcome');
    client.send('c 1\n{"type":"add","numbers":[1,2,3]}');
    expect(await client.text()).toBe('r 1\n6');
    client.send('c 2\n{"type":"shout"}');
    expect(await client.text()).toBe('e 2\n{"statusCode":400,"message":"Unknown message type"}');
    client.send('c 3\nno JSON');
    expect(await client.text()).toBe('e 3\n{"statusCode":400,"message":"Invalid payload"}');
  });

  it('is done on a receive-only route, or fails', async () => {
    const client = await ask({ mode: 'receiveOnly' });
    client.send('c 1\ntext');
    client.send('c 2\nrefused');
    client.send('\ntext');
    client.send('c 3\nbytes');
    expect(await client.text()).toBe('d 1\n');
    expect(await client.text()).toMatch(/^e 2\n\{.*"statusCode":400/);
    expect(await client.text()).toBe('d 3\n');
  });

  it('is refused on a send-only route', async () => {
    const app = await startApp(platform, { controllers: [FeedController] });
    const client = await app.connect('/feed', { protocols });
    expect(await client.text()).toBe('\nfirst');
    client.send('\na message');
    client.send('x 1\n');
    client.send('c 1\ntext');
    expect(await client.text()).toMatch(/^e 1\n\{"statusCode":405,/);
  });

  it('logs a fault once, and nothing of what clients do', async () => {
    const app = await start();
    const client = await app.connect('/ask', { protocols });
    client.send('c 1\nfault');
    client.send('c 2\nrefused');
    await client.text();
    await client.text();
    const errors = app.logs.entries.filter(({ level }) => level === 'error');
    expect(errors).toHaveLength(1);
    expect(String(errors[0]?.message)).toContain('a secret');
  });

  it('is nothing to clients that do not ask for the protocol', async () => {
    const app = await start();
    const client = await app.connect('/ask');
    expect(client.protocol).toBe('');
    client.send('c 1\ntext');
    expect(await client.json()).toEqual({ echo: 'c 1\ntext' });
  });
});
