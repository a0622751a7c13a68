import { Body, Controller, ForbiddenException } from '@nestjs/common';
import {
  AsyncWebSocketSender,
  OnConnect,
  OnMessage,
  WebSocket,
  WebSocketController,
} from 'nestjs-revali-ws';
import {
  CallFailedException,
  CallsNotSpokenException,
  connect,
  ConnectionClosedException,
  DeadlineExceededException,
  message,
  messageContext,
  UnexpectedMessageException,
  type TestWebSocket,
} from 'nestjs-revali-ws/testing';

import { startApp } from '../../support/apps/app-factory.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import { eventually } from '../../support/deadline.js';

let events: string[] = [];

@Controller()
class AskController {
  @WebSocket('ask')
  async ask(
    @Body() question: string,
    sender: AsyncWebSocketSender,
    signal: AbortSignal,
  ): Promise<unknown> {
    void sender.send(`about ${question}`);
    switch (question) {
      case 'number':
        return 42;
      case 'text':
        return 'no JSON {';
      case 'bytes':
        return Buffer.from([1, 2]);
      case 'forbidden':
        throw new ForbiddenException('Not you');
      case 'wait':
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        events.push('stopped');
        return 'too late';
      case 'items':
        return this.items();
      default:
        return undefined;
    }
  }

  private async *items(): AsyncGenerator<number> {
    try {
      for (let item = 1; ; item += 1) yield item;
    } finally {
      events.push('closed');
    }
  }
}

@WebSocketController('typed')
class TypedController {
  @OnConnect()
  welcome(): string {
    return 'welcome';
  }

  @OnMessage('add')
  add(@Body('numbers') numbers: number[]): { sum: number } {
    return { sum: numbers.reduce((sum, each) => sum + each, 0) };
  }

  @OnMessage('count')
  *count(@Body('to') to: number): Generator<number> {
    for (let item = 1; item <= to; item += 1) yield item;
  }
}

describe.each(platforms)('Calls of the testing kit ($name)', (platform) => {
  beforeEach(() => {
    events = [];
  });
  afterEach(closeAllApps);

  const dial = async (
    path: string,
    protocols: string[] = ['revali.v1'],
  ): Promise<TestWebSocket> => {
    const { app } = await startApp(platform, { controllers: [AskController, TypedController] });
    return connect(app, path, { protocols });
  };

  it('resolve with what the handler returns, whatever comes beside it', async () => {
    const socket = await dial('/ask');
    expect(await socket.call('number')).toBe(42);
    expect(await socket.call('text')).toBe('no JSON {');
    expect(await socket.call<Buffer>('bytes')).toEqual(Buffer.from([1, 2]));
    expect(await socket.call('nothing')).toBeUndefined();
    for (const question of ['number', 'text', 'bytes', 'nothing'])
      expect(await socket.text()).toBe(`about ${question}`);
  });

  it('reject with what the server says, and leave the connection open', async () => {
    const socket = await dial('/ask');
    const failure: unknown = await socket.call('forbidden').catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(CallFailedException);
    expect(failure).toMatchObject({ body: { statusCode: 403, message: 'Not you' } });
    expect(String(failure)).toContain('/ask: the call failed: ');
    expect(await socket.call('number')).toBe(42);
  });

  it('go by the types of messages', async () => {
    const socket = await dial('/typed');
    expect(await socket.text()).toBe('welcome');
    expect(await socket.call(message('add', { numbers: [1, 2] }))).toEqual({ sum: 3 });
    const items = [];
    for await (const item of socket.stream<number>(message('count', { to: 3 }))) items.push(item);
    expect(items).toEqual([1, 2, 3]);
    await expect(socket.call(message('shout'))).rejects.toMatchObject({
      body: { statusCode: 400, message: 'Unknown message type' },
    });
  });

  it('stop a stream that is left', async () => {
    const socket = await dial('/ask');
    for await (const item of socket.stream('items')) if (item === 3) break;
    await eventually(() => expect(events).toEqual(['closed']), 'the end of the generator');
    expect(await socket.call('number')).toBe(42);
  });

  it('stop a stream that is left before it was read', async () => {
    const socket = await dial('/ask');
    const items = socket.stream('items');
    expect(await socket.text()).toBe('about items');
    await items.return();
    await eventually(() => expect(events).toEqual(['closed']), 'the end of the generator');
    expect(await items.next()).toEqual({ done: true, value: undefined });
    expect(await socket.call('number')).toBe(42);
  });

  it('give items to whoever asks, one after another', async () => {
    const socket = await dial('/typed');
    const items = socket.stream<number>(message('count', { to: 2 }));
    const taken = await Promise.all([items.next(), items.next(), items.next(), items.next()]);
    expect(taken.map(({ value }) => value)).toEqual([1, 2, undefined, undefined]);
    const endless = (await dial('/ask')).stream('wait');
    const waiting = endless.next();
    await endless.return();
    expect(await waiting).toEqual({ done: true, value: undefined });
  });

  it('stop what a signal aborts', async () => {
    const socket = await dial('/ask');
    const aborting = new AbortController();
    const call = socket.call('wait', { signal: aborting.signal });
    expect(await socket.text()).toBe('about wait');
    aborting.abort(new Error('enough'));
    await expect(call).rejects.toThrow('enough');
    await eventually(() => expect(events).toEqual(['stopped']), 'the handler');
    await expect(socket.call('number', { signal: aborting.signal })).rejects.toThrow('enough');
    expect(await socket.call('number')).toBe(42);
  });

  it('say which of the two fits the handler', async () => {
    const socket = await dial('/ask');
    await expect(socket.call('items')).rejects.toThrow(UnexpectedMessageException);
    await eventually(() => expect(events).toEqual(['closed']), 'the end of the generator');
    await expect(socket.stream('number').next()).rejects.toThrow(/returns a value: use call\(\)/);
  });

  it('need a client that speaks the protocol', async () => {
    const socket = await dial('/ask', []);
    await expect(socket.call('number')).rejects.toThrow(CallsNotSpokenException);
    expect(() => socket.stream('items')).toThrow(
      '/ask: stream() needs a client that speaks "revali.v1", and this one speaks no subprotocol. ' +
        'Connect with { protocols: "revali.v1" }.',
    );
    socket.send('number');
    expect(await socket.text()).toBe('about number');
    expect(await socket.json()).toBe(42);
  });

  it('send and take messages without the header', async () => {
    const socket = await dial('/ask');
    socket.send('number');
    expect(await socket.text()).toBe('about number');
    expect(await socket.json()).toBe(42);
    socket.send(Buffer.from('bytes'));
    expect(await socket.text()).toBe('about bytes');
    expect(await socket.binary()).toEqual(Buffer.from([1, 2]));
  });

  it('fail with their deadline, and with the connection', async () => {
    const socket = await dial('/ask');
    socket.timeout = 50;
    await expect(socket.call('wait')).rejects.toThrow(DeadlineExceededException);
    socket.timeout = 5_000;
    const call = socket.call('number');
    void socket.terminate();
    await expect(call).rejects.toThrow(ConnectionClosedException);
    await expect(socket.call('number')).rejects.toThrow(ConnectionClosedException);
  });
});

describe('message()', () => {
  it('puts the type where a controller looks for it', () => {
    expect(message('say', { text: 'hi' })).toEqual({ type: 'say', text: 'hi' });
    expect(message('ping')).toEqual({ type: 'ping' });
    expect(message('say', 'hi', { by: 'event', body: 'data' })).toEqual({
      event: 'say',
      data: 'hi',
    });
    expect(message('say', { text: 'hi' }, { by: 'kind' })).toEqual({ kind: 'say', text: 'hi' });
  });

  it.each(['hi', 5, null, ['hi']])('refuses a body that has no place for one: %j', (body) => {
    expect(() => message('say', body)).toThrow(/of type "say" must be an object.*body: "data"/);
  });

  it('lets no body take the place of the type', () => {
    expect(message('say', { type: 'shout', text: 'hi' })).toEqual({ type: 'say', text: 'hi' });
  });
});

describe('messageContext()', () => {
  it('has the type of its message', () => {
    expect(messageContext({ type: 'say' }).switchToWs().getPattern()).toBe('say');
    expect(messageContext().switchToWs().getPattern()).toBe('');
  });
});
