import { Readable } from 'node:stream';

import { Body, Controller } from '@nestjs/common';
import { WebSocket } from 'nestjs-revali-ws';
import { concat, delay, from, of, throwError } from 'rxjs';

import { startApp } from '../../support/apps/app-factory.js';
import type { Message } from '../../support/clients/message.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';

const text = (data: string): Message => ({ isBinary: false, data });
const bytes = (...data: number[]): Message => ({ isBinary: true, data: Buffer.from(data) });
const json = (value: unknown): Message => text(JSON.stringify(value));

async function* asyncItems<T>(...values: T[]): AsyncGenerator<T> {
  for (const item of values) {
    await new Promise(setImmediate);
    yield item;
  }
}

function* items<T>(...values: T[]): Generator<T> {
  yield* values;
}

const cycle: { self?: unknown } = {};
cycle.self = cycle;

const RESULTS: Record<string, { make: () => unknown; sent: Message[] }> = {
  'a string': { make: () => 'no "quotes" added', sent: [text('no "quotes" added')] },
  'an empty string': { make: () => '', sent: [text('')] },
  'a string of JSON': { make: () => '{"a":1}', sent: [text('{"a":1}')] },
  'a number': { make: () => 7, sent: [text('7')] },
  zero: { make: () => 0, sent: [text('0')] },
  'a boolean': { make: () => false, sent: [text('false')] },
  null: { make: () => null, sent: [text('null')] },
  undefined: { make: () => undefined, sent: [] },
  'an object': { make: () => ({ a: { b: [1] } }), sent: [json({ a: { b: [1] } })] },
  'an array, which is one message': { make: () => [1, 'a'], sent: [json([1, 'a'])] },
  'a Date': { make: () => new Date(0), sent: [json(new Date(0))] },
  'an object with an iterator': { make: () => new Set([1]), sent: [json({})] },
  'a Buffer': { make: () => Buffer.of(1, 2), sent: [bytes(1, 2)] },
  'an empty Buffer': { make: () => Buffer.alloc(0), sent: [bytes()] },
  'a Uint8Array': { make: () => Uint8Array.of(1, 2), sent: [bytes(1, 2)] },
  'a Float32Array': { make: () => Float32Array.of(1), sent: [bytes(0, 0, 128, 63)] },
  'a DataView': { make: () => new DataView(Uint8Array.of(1, 2).buffer), sent: [bytes(1, 2)] },
  'an ArrayBuffer': { make: () => Uint8Array.of(1, 2).buffer, sent: [bytes(1, 2)] },
  'a promise': { make: () => Promise.resolve({ a: 1 }), sent: [json({ a: 1 })] },
  'a promise of nothing': { make: () => Promise.resolve(), sent: [] },
  'a promise of a stream': { make: () => Promise.resolve(of(1, 2)), sent: [json(1), json(2)] },
  'an Observable': {
    make: () => from([1, undefined, null, 'a']).pipe(delay(1)),
    sent: [json(1), json(null), text('a')],
  },
  'an empty Observable': { make: () => from([]), sent: [] },
  'an async generator': {
    make: () => asyncItems<unknown>('a', undefined, { b: 1 }),
    sent: [text('a'), json({ b: 1 })],
  },
  'a generator of promises': {
    make: () => items<unknown>(Promise.resolve('a'), 'b', Promise.resolve([1])),
    sent: [text('a'), text('b'), json([1])],
  },
  'an Observable of promises': {
    make: () => from([new Promise((resolve) => setImmediate(resolve, 'a')), 'b', ['c']]),
    sent: [text('a'), text('b'), json(['c'])],
  },
  'a generator': {
    make: () => items<unknown>('a', [1], Buffer.of(1)),
    sent: [text('a'), json([1]), bytes(1)],
  },
  'an async iterable': {
    make: () => ({ [Symbol.asyncIterator]: () => asyncItems(1, 2) }),
    sent: [json(1), json(2)],
  },
  'a Readable of bytes': {
    make: () => Readable.from([Buffer.of(1), Buffer.of(2)]),
    sent: [bytes(1), bytes(2)],
  },
  'a Readable of objects': {
    make: () => Readable.from([{ a: 1 }, 'b']),
    sent: [json({ a: 1 }), text('b')],
  },
};

const UNSENDABLE: Record<string, () => unknown> = {
  'a BigInt': () => 1n,
  'a BigInt inside': () => ({ n: 1n }),
  'a cycle': () => cycle,
  'a function': () => () => 1,
  'a symbol': () => Symbol('s'),
  // Newer versions of Node have a form for it.
  ...(hasJsonForm(nested(100_000)) ? {} : { 'a value nested too deep': () => nested(100_000) }),
  'a toJSON that throws': () => ({
    toJSON: (): never => {
      throw new Error('secret');
    },
  }),
};

@Controller()
class Results {
  @WebSocket('result')
  result(@Body() name: string): unknown {
    return name === 'end' ? 'the end' : RESULTS[name]?.make();
  }

  @WebSocket('unsendable')
  unsendable(@Body() name: string): unknown {
    return UNSENDABLE[name]?.();
  }

  @WebSocket('unsendable-item')
  *unsendableItem(@Body() name: string): Generator {
    yield 'first';
    yield UNSENDABLE[name]?.();
    yield 'never';
  }

  @WebSocket('unsendable-reply', { errors: 'reply' })
  unsendableReply(@Body() name: string): unknown {
    return UNSENDABLE[name]?.() ?? name;
  }

  @WebSocket('broken-generator')
  async *brokenGenerator(): AsyncGenerator<string> {
    yield* asyncItems('a', 'b');
    throw new Error('secret');
  }

  @WebSocket('broken-observable')
  brokenObservable(): unknown {
    return concat(
      of('a', 'b'),
      throwError(() => new Error('secret')),
    );
  }

  @WebSocket('broken-readable')
  brokenReadable(): unknown {
    return Readable.from(this.brokenGenerator());
  }

  @WebSocket('rejected')
  async rejected(): Promise<string> {
    throw await Promise.resolve(new Error('secret'));
  }
}

describe.each(platforms)('results on $name', (platform) => {
  afterEach(closeAllApps);

  it.each(Object.entries(RESULTS))('%s is sent', async (name, { sent }) => {
    const app = await startApp(platform, { controllers: [Results] });
    const client = await app.connect('result');
    client.send(name);
    client.send('end');
    for (const message of sent) expect(await client.next()).toEqual(message);
    expect(await client.next()).toEqual(text('the end'));
  });

  it.each(Object.keys(UNSENDABLE))('%s closes with 1011', async (name) => {
    const app = await startApp(platform, { controllers: [Results] });
    const client = await app.connect('unsendable');
    client.send(name);
    expect(await client.closed).toMatchObject({ code: 1011, reason: 'Internal server error' });
    expect(client.received).toBe(0);
    const stream = await app.connect('unsendable-item');
    stream.send(name);
    expect(await stream.text()).toBe('first');
    expect(await stream.closed).toMatchObject({ code: 1011 });
    expect(stream.received).toBe(1);
    expect(app.logs.messages('error').join()).toContain('cannot be serialized');
  });

  it("with errors: 'reply' what cannot be sent is answered, and the connection goes on", async () => {
    const app = await startApp(platform, { controllers: [Results] });
    const client = await app.connect('unsendable-reply');
    client.send('a BigInt');
    client.send('still here');
    const error = { statusCode: 500, message: 'Internal server error' };
    expect(await client.json()).toEqual({ error });
    expect(await client.text()).toBe('still here');
  });

  it.each(['broken-generator', 'broken-observable', 'broken-readable'])(
    'a stream that fails closes with 1011 after its items (%s)',
    async (path) => {
      const app = await startApp(platform, { controllers: [Results] });
      const client = await app.connect(path);
      client.send('go');
      expect([await client.text(), await client.text()]).toEqual(['a', 'b']);
      expect(await client.closed).toMatchObject({ code: 1011, reason: 'Internal server error' });
    },
  );

  it('a rejected promise closes with 1011', async () => {
    const app = await startApp(platform, { controllers: [Results] });
    const client = await app.connect('rejected');
    client.send('go');
    expect(await client.closed).toMatchObject({ code: 1011, reason: 'Internal server error' });
  });
});

function hasJsonForm(value: unknown): boolean {
  try {
    return JSON.stringify(value) !== undefined;
  } catch {
    return false;
  }
}

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level += 1) value = [value];
  return value;
}
