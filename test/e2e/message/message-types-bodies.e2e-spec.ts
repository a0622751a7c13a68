import { Body, ParseIntPipe, type Type } from '@nestjs/common';
import {
  OnConnect,
  OnMessage,
  WebSocketController,
  type MessageCodec,
  type MessageTypeReader,
} from 'nestjs-revali-ws';

import { startApp } from '../../support/apps/app-factory.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';

@WebSocketController('enveloped', { errors: 'reply', by: 'event', body: 'data' })
class EnvelopedController {
  @OnMessage('text')
  text(@Body() text: string): string {
    return text;
  }

  @OnMessage('sum')
  sum(@Body('a') a: number, @Body('b', ParseIntPipe) b: number): number {
    return a + b;
  }

  @OnMessage()
  other(@Body() message: unknown): { other: unknown } {
    return { other: message };
  }
}

const byFirstWord: MessageTypeReader = (message) =>
  typeof message === 'string' ? message.split(' ')[0] : undefined;

@WebSocketController('words', { by: byFirstWord, errors: 'reply' })
class WordsController {
  @OnMessage('subscribe')
  subscribe(@Body() text: string): string {
    return `to ${text.slice('subscribe '.length)}`;
  }
}

const unsafe: MessageTypeReader = (message) => (message as { kind: { name: string } }).kind.name;

@WebSocketController('unsafe', { by: unsafe, errors: 'reply' })
class UnsafeController {
  @OnMessage('say')
  say(): string {
    return 'said';
  }
}

let decoded = 0;
const counting: MessageCodec = {
  decode: (data) => {
    decoded += 1;
    return JSON.parse(data.toString()) as unknown;
  },
  encode: (value) => JSON.stringify(value),
};

@WebSocketController('coded', { format: counting, by: 'event', body: 'data' })
class CodedController {
  @OnConnect()
  greet(@Body() body: unknown): { greeted: boolean } {
    return { greeted: body === undefined };
  }

  @OnMessage('point')
  point(@Body() point: unknown, @Body('x') x: number): unknown {
    return { point, x };
  }
}

const UNKNOWN = { error: { statusCode: 400, message: 'Unknown message type' } };
const INVALID = { error: { statusCode: 400, message: 'Invalid payload' } };

describe.each(platforms)('bodies of messages by their type on $name', (platform) => {
  afterEach(closeAllApps);

  const start = (...controllers: Type<unknown>[]) => startApp(platform, { controllers });

  it('are a property of the message, where the option says so', async () => {
    const app = await start(EnvelopedController);
    const client = await app.connect('/enveloped');
    client.sendJson({ event: 'text', data: 'hi' });
    expect(await client.text()).toBe('hi');
    client.sendJson({ event: 'sum', data: { a: 1, b: '2' } });
    expect(await client.json()).toBe(3);
    client.sendJson({ event: 'text', data: { toString: 'hi' } });
    expect(await client.json()).toEqual(INVALID);
    client.sendJson({ event: 'unknown', data: 'hi' });
    expect(await client.json()).toEqual({ other: { event: 'unknown', data: 'hi' } });
  });

  it('go by what a function says of the message', async () => {
    const app = await start(WordsController);
    const client = await app.connect('/words');
    client.send('subscribe BTC');
    expect(await client.text()).toBe('to BTC');
    client.send('unsubscribe BTC');
    expect(await client.json()).toEqual(UNKNOWN);
    client.sendJson({ subscribe: 'BTC' });
    expect(await client.json()).toEqual(UNKNOWN);
  });

  it('leave it to the client where that function throws', async () => {
    const app = await start(UnsafeController);
    const client = await app.connect('/unsafe');
    client.sendJson({ kind: { name: 'say' } });
    expect(await client.text()).toBe('said');
    for (const payload of ['{}', '5', 'null', '{"kind":{"name":["say"]}}']) {
      client.send(payload);
      expect(await client.json()).toEqual(UNKNOWN);
    }
    expect(app.logs.entries.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('are read by a codec once', async () => {
    decoded = 0;
    const app = await start(CodedController);
    const client = await app.connect('/coded');
    expect(await client.json()).toEqual({ greeted: true });
    client.sendJson({ event: 'point', data: { x: 1, y: 2 } });
    expect(await client.json()).toEqual({ point: { x: 1, y: 2 }, x: 1 });
    expect(decoded).toBe(1);
  });

  it('are JSON whatever the handshake says of bodies without a type', async () => {
    const app = await start(EnvelopedController, TypedController);
    const headers = { 'content-type': 'text/plain' };
    const client = await app.connect('/typed', { headers });
    client.sendJson({ type: 'say', text: 'hi' });
    expect(await client.json()).toEqual({ heard: { type: 'say', text: 'hi' } });
    client.sendJson({ type: 'raw' });
    expect(await client.text()).toBe('{"type":"raw"}!');
  });
});

@WebSocketController('typed')
class TypedController {
  @OnMessage('say')
  say(@Body() message: unknown): { heard: unknown } {
    return { heard: message };
  }

  @OnMessage('raw')
  raw(@Body() text: string): string {
    return `${text}!`;
  }
}
