import type { MessageCodec, Params } from 'nestjs-revali-ws-client';
import { check, equal, next, options, rejection, sleep, soon, type Behaviors } from './behavior.js';

export const sending: Behaviors = {
  'sends what was given before it was open, in order': async (world) => {
    const echo = world.client.createClient(options(world)).connect('/echo');
    const sent = ['1', '2', '3'].map((message) => echo.send(message));
    equal(echo.queued, 3);
    await soon(Promise.all(sent), 'the messages');
    equal([await next(echo), await next(echo), await next(echo)], ['1', '2', '3']);
    equal(echo.queued, 0);
    echo.close();
  },

  'reads and writes strings, values and bytes': async (world) => {
    const client = world.client.createClient(options(world));
    const echo = client.connect('/echo');
    for (const message of ['text', '{broken', { a: [1, null] }, [1, 2], '']) {
      await echo.send(message);
      equal(await next(echo), message);
    }
    echo.close();
    const bytes = client.connect('/bytes');
    const sent = new Uint8Array([0, 1, 2, 3]);
    const done = bytes.send(sent.subarray(1));
    sent.fill(9);
    await done;
    equal(await next(bytes), new Uint8Array([1, 2, 3]).buffer);
    bytes.close();
    const double = client.connect('/double', { format: 'json' });
    await double.send(21);
    equal(await next(double), 42);
    double.close();
  },

  'reads and writes by a codec': async (world) => {
    const errors: unknown[] = [];
    const format: MessageCodec = {
      encode(message) {
        if (typeof message !== 'number') throw new RangeError('not a number');
        return new Uint8Array([message, 255 - message]);
      },
      decode(payload) {
        if (typeof payload === 'string') throw new RangeError('not bytes');
        const [number = 0, rest = 0] = new Uint8Array(payload);
        if (number + rest !== 255) throw new RangeError('not one of ours');
        return number;
      },
    };
    const client = world.client.createClient(options(world));
    const coded = client.connect('/bytes', { format });
    coded.on('error', (error) => errors.push(error));
    for (const number of [7, 0, 255]) {
      await coded.send(number);
      equal(await next(coded), number);
    }
    await rejection(coded.send('seven'), 'RangeError');
    await coded.send(8);
    equal(await next(coded), 8);
    equal(errors, []);
    coded.close();
    // What it cannot read is told and left out.
    const unread = client.connect('/flood', { format, query: { count: 3 } });
    unread.on('error', (error) => errors.push(String(error)));
    for await (const message of unread) equal(message, 'nothing');
    equal(errors, Array(3).fill('RangeError: not bytes'));
  },

  'fills parameters and query into the address': async (world) => {
    const echo = world.client
      .createClient(options(world))
      .connect('/rooms/:name', { params: { name: 'a b ü?' }, query: { x: '1&2', no: undefined } });
    await echo.send('1');
    equal(await next(echo), { name: 'a b ü?', query: { x: '1&2' } });
    echo.close();
  },

  'fills wildcards, and what is optional, into the path': async (world) => {
    const client = world.client.createClient(options(world));
    const answerTo = async (path: string, params?: Params): Promise<unknown> => {
      const connection = client.connect(path, { params });
      await connection.send('?');
      const answer = await next(connection);
      connection.close();
      return answer;
    };
    equal(await answerTo('/files/*path', { path: ['a b', 'ü?', 'c'] }), {
      path: ['a b', 'ü?', 'c'],
    });
    equal(await answerTo('/files/*path', { path: 'a' }), { path: ['a'] });
    equal(await answerTo('/pages{/:language}', { language: 'de' }), { language: 'de' });
    equal(await answerTo('/pages{/:language}'), {});
  },

  'refuses parameters that would lead to another route': async (world) => {
    const client = world.client.createClient(options(world));
    for (const name of ['..', '.', '', ['a', '..'], []])
      try {
        client.connect('/rooms/:name', { params: { name } }).close();
        throw new Error(`${JSON.stringify(name)} was taken`);
      } catch (error) {
        check(error instanceof TypeError, String(error));
      }
    const dotted = client.connect('/rooms/:name', { params: { name: '..a' } });
    await dotted.send('1');
    equal(await next(dotted), { name: '..a', query: {} });
    dotted.close();
  },

  'waits without an end where it is told to': async (world) => {
    await world.control('stall');
    const client = world.client.createClient({
      ...options(world),
      queue: { age: Infinity },
      silence: Infinity,
      connectTimeout: Infinity,
    });
    const echo = client.connect('/echo');
    const states: string[] = [];
    echo.on('state', (state) => states.push(state));
    const sent = echo.send('1');
    await sleep(100);
    await world.control('mend');
    await soon(sent, 'the message');
    equal(await next(echo), '1');
    equal(states, ['open']);
    echo.close();
  },

  'rejects what the queue does not take, and what is too old': async (world) => {
    await world.control('cut');
    const client = world.client.createClient({
      ...options(world),
      queue: { messages: 2, bytes: 10, age: 300 },
    });
    const echo = client.connect('/echo');
    const old = rejection(echo.send('123456'), 'NotSent');
    const large = await rejection(echo.send('12345'), 'NotSent');
    check(large.message.includes('full'), large.message);
    const second = rejection(echo.send('1234'), 'NotSent');
    await rejection(echo.send(''), 'NotSent');
    await rejection(echo.send('', { queue: false }), 'NotSent');
    check((await soon(old, 'the old one')).message.includes('too long'), 'it is not too old');
    await soon(second, 'the second one');
    equal(echo.queued, 0);
    await world.control('mend');
    await echo.send('after');
    equal(await next(echo), 'after');
    echo.close();
  },

  'takes a message out of the queue by its signal': async (world) => {
    await world.control('cut');
    const echo = world.client.createClient(options(world)).connect('/echo');
    const abortion = new AbortController();
    const sent = echo.send('no', { signal: abortion.signal });
    void echo.send('yes');
    abortion.abort(new RangeError('enough'));
    await rejection(sent, 'RangeError');
    await world.control('mend');
    equal(await next(echo), 'yes');
    echo.close();
  },

  'holds senders back while the network takes nothing': async (world) => {
    const client = world.client.createClient({ ...options(world), highWaterMark: 1_000 });
    const sink = client.connect('/sink');
    await sink.send('first');
    await world.control('stall');
    const megabyte = 'x'.repeat(1_000_000);
    let sent = 0;
    const sendingAll = (async () => {
      for (; sent < 40; sent += 1) await sink.send(megabyte);
    })();
    // The system takes some of it.
    for (let before = -1; before < sent; await sleep(300)) before = sent;
    check(sent < 40, 'all were sent');
    check(sink.bufferedAmount > 1_000, 'nothing waits in the socket');
    await world.control('mend');
    await soon(sendingAll, 'the rest');
    sink.close();
  },

  'throws when a loop falls too far behind, and another one goes on': async (world) => {
    const client = world.client.createClient({ ...options(world), buffer: 10 });
    const flood = client.connect('/flood', { query: { count: 11 } });
    await flood.closed;
    await rejection(flood[Symbol.asyncIterator]().next(), 'TooSlow');

    const enough = client.connect('/flood', { query: { count: 10 } });
    await enough.closed;
    const all: unknown[] = [];
    for await (const message of enough) all.push(message);
    equal(all.length, 10);
  },

  'sends again what a refused socket had been given': async (world) => {
    await world.control('ticket', 'new');
    let attempts = 0;
    const client = world.client.createClient({
      ...options(world),
      auth: async ({ refresh, number }) => {
        attempts = number;
        return { query: { ticket: refresh ? 'new' : 'old' } };
      },
    });
    await world.control('received');
    const own = client.connect('/private');
    await soon(Promise.all([own.send('1'), own.send('2')]), 'both messages');
    equal([await next(own), await next(own)], ['1', '2']);
    equal(await world.control('received'), ['1', '2']);
    equal(attempts, 2);
    own.close();
    await world.control('ticket', 'good');
  },
};
