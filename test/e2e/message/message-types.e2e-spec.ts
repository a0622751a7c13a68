import { Body, type Type } from '@nestjs/common';
import { OnMessage, WebSocketController } from 'nestjs-revali-ws';

import { startApp } from '../../support/apps/app-factory.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';

interface Say {
  readonly type: string;
  readonly text: string;
}

let calls: string[] = [];

class Handlers {
  @OnMessage('say')
  say(@Body() message: Say): { said: string } {
    calls.push('say');
    return { said: message.text };
  }

  @OnMessage(['up', 'down'])
  move(@Body('type') type: string): { moved: string } {
    calls.push('move');
    return { moved: type };
  }

  @OnMessage('5')
  five(): { five: true } {
    calls.push('five');
    return { five: true };
  }
}

@WebSocketController('strict', { errors: 'reply' })
class StrictController extends Handlers {}

@WebSocketController('closing')
class ClosingController extends Handlers {}

@WebSocketController('open', { errors: 'reply' })
class OpenController extends Handlers {
  @OnMessage()
  other(@Body() message: unknown): { other: unknown } {
    calls.push('other');
    return { other: message };
  }
}

const UNKNOWN = { error: { statusCode: 400, message: 'Unknown message type' } };
const INVALID = { error: { statusCode: 400, message: 'Invalid payload' } };

/** None of them is the name of a handler. */
const hostile: readonly (readonly [name: string, payload: string])[] = [
  ['a type that nobody takes', '{"type":"shout"}'],
  ['no type', '{"text":"hi"}'],
  ['another case', '{"type":"Say"}'],
  ['spaces', '{"type":" say"}'],
  ['an empty type', '{"type":""}'],
  ['constructor', '{"type":"constructor"}'],
  ['toString', '{"type":"toString"}'],
  ['hasOwnProperty', '{"type":"hasOwnProperty"}'],
  ['the name of a method', '{"type":"five"}'],
  ['a number', '{"type":5}'],
  ['null', '{"type":null}'],
  ['true', '{"type":true}'],
  ['an array', '{"type":["say"]}'],
  ['an array of two', '{"type":["up","down"]}'],
  ['an object', '{"type":{"toString":"say"}}'],
  ['a nested type', '{"message":{"type":"say"}}'],
  ['a list of messages', '[{"type":"say","text":"hi"}]'],
  ['a number as the message', '5'],
  ['a text as the message', '"say"'],
  ['null as the message', 'null'],
  ['100 KB', JSON.stringify({ type: 'say'.padEnd(100_000, 'y') })],
];

/** Undecodable wherever JSON is read. */
const polluting = ['{"type":"__proto__","__proto__":{"type":"say"}}', '{"type":"say"', 'say', ''];

describe.each(platforms)('messages by their type on $name', (platform) => {
  beforeEach(() => (calls = []));
  afterEach(closeAllApps);

  const start = (...controllers: Type<unknown>[]) => startApp(platform, { controllers });

  it('go to the method of their type, in order, on one connection', async () => {
    const app = await start(StrictController);
    const client = await app.connect('/strict');
    client.sendJson({ type: 'say', text: 'hi' });
    client.sendJson({ type: 'down' });
    client.sendJson({ type: '5' });
    client.sendJson({ type: 'up' });
    expect(await client.json()).toEqual({ said: 'hi' });
    expect(await client.json()).toEqual({ moved: 'down' });
    expect(await client.json()).toEqual({ five: true });
    expect(await client.json()).toEqual({ moved: 'up' });
  });

  it.each(hostile)("are the client's error otherwise: %s", async (_name, payload) => {
    const app = await start(StrictController, ClosingController);
    const client = await app.connect('/strict');
    client.send(payload);
    expect(await client.json()).toEqual(UNKNOWN);
    client.sendJson({ type: 'say', text: 'still here' });
    expect(await client.json()).toEqual({ said: 'still here' });
    const closing = await app.connect('/closing');
    closing.send(payload);
    expect(await closing.closed).toMatchObject({ code: 1007, reason: 'Unknown message type' });
    expect(calls).toEqual(['say']);
    expect(app.logs.entries.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it.each(polluting)('are invalid where they cannot be decoded: %s', async (payload) => {
    const app = await start(StrictController);
    const client = await app.connect('/strict');
    client.send(payload);
    expect(await client.json()).toEqual(INVALID);
    expect(calls).toEqual([]);
  });

  it('name their type in an own property alone', async () => {
    const app = await start(StrictController, OpenController);
    const client = await app.connect('/strict');
    client.send('{"type":"__proto__"}');
    // Harmless as a value, and yet nobody's type.
    expect(await client.json()).toEqual(UNKNOWN);
    expect(calls).toEqual([]);
  });

  it.each(hostile)(
    'go to the method without a type where there is one: %s',
    async (_n, payload) => {
      const app = await start(OpenController);
      const client = await app.connect('/open');
      client.send(payload);
      const message: unknown = JSON.parse(payload);
      // What is neither an object nor an array is text to a parameter without a type.
      const seen = typeof message === 'object' && message !== null ? message : payload;
      expect(await client.json()).toEqual({ other: seen });
      expect(calls).toEqual(['other']);
    },
  );

  it('that are no JSON go there, too, and never those that pollute', async () => {
    const app = await start(OpenController);
    const client = await app.connect('/open');
    client.send('say');
    expect(await client.json()).toEqual({ other: 'say' });
    client.send('{"type":"say","__proto__":{"text":"hi"}}');
    expect(await client.json()).toEqual(INVALID);
    expect(calls).toEqual(['other']);
  });
});
