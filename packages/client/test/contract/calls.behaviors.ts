import {
  check,
  equal,
  options,
  rejection,
  soon,
  until,
  type Behaviors,
  type World,
} from './behavior.js';

function clientOf(world: World) {
  return world.client.createClient({ ...options(world), use: [world.client.calls()] });
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

export const calls: Behaviors = {
  'resolves calls with their results, whichever comes first': async (world) => {
    const connection = clientOf(world).connect('/calls');
    const never = connection.call('never').catch(() => 'stopped');
    equal(
      await soon(
        Promise.all([
          connection.call('sum', { numbers: [1, 2] }),
          connection.call('nothing'),
          connection.call('sum', { numbers: [3, 4] }),
        ]),
        'the results',
      ),
      [3, undefined, 7],
    );
    equal(connection.isHeaded, true);
    connection.close();
    equal(await soon(never, 'the end of the other call'), 'stopped');
  },

  'calls a route without types, and sends plain messages beside calls': async (world) => {
    const double = clientOf(world).connect('/double', { format: 'json' });
    equal(await soon(double.call('', 4), 'the result'), 8);
    await double.send(5);
    const message = await soon(double[Symbol.asyncIterator]().next(), 'the message');
    equal(message.value, 10);
    double.close();
    const bytes = clientOf(world).connect('/bytes');
    const result = await soon(bytes.call('', new Uint8Array([1, 0, 255])), 'the bytes');
    equal(result, new Uint8Array([1, 0, 255]).buffer);
    bytes.close();
  },

  'rejects with what the server says of a failure, and goes on': async (world) => {
    const connection = clientOf(world).connect('/calls');
    const error = await rejection(connection.call('sum', {}), 'CallFailed');
    check(error instanceof world.client.CallFailed, 'another class');
    equal([error.message, (error as { statusCode?: number }).statusCode], ['Which numbers?', 400]);
    await rejection(connection.call('unknown'), 'CallFailed');
    equal(await connection.call('sum', { numbers: [1] }), 1);
    await rejection(connection.call('count', { until: 3 }), 'TypeError');
    await rejection(connection.stream('sum', { numbers: [1] }).next(), 'TypeError');
    equal(await connection.call('sum', { numbers: [2] }), 2);
    connection.close();
  },

  'gives the items of a stream, and stops it when its loop is left': async (world) => {
    const connection = clientOf(world).connect('/calls');
    equal(await soon(all(connection.stream('count', { until: 3 })), 'the items'), [1, 2, 3]);
    const before = await world.control<number>('stopped');
    for await (const item of connection.stream('wait')) {
      equal(item, 'waiting');
      break;
    }
    for (let stopped = before; stopped === before; stopped = await world.control<number>('stopped'))
      await connection.call('nothing');
    connection.close();
  },

  'stops calls and streams by their signal, and by their time': async (world) => {
    const connection = clientOf(world).connect('/calls');
    await rejection(
      connection.call('sum', {}, { signal: AbortSignal.abort(new RangeError('early')) }),
      'RangeError',
    );
    const before = await world.control<number>('stopped');
    const abortion = new AbortController();
    const call = rejection(connection.call('never', {}, { signal: abortion.signal }), 'RangeError');
    const stream = connection.stream('wait', {}, { signal: abortion.signal });
    equal((await soon(stream.next(), 'an item')).value, 'waiting');
    abortion.abort(new RangeError('enough'));
    await soon(call, 'the rejection');
    await rejection(stream.next(), 'RangeError');
    await rejection(connection.call('never', {}, { timeout: 50 }), 'CallTimedOut');
    for (let stopped = before; stopped < before + 3; stopped = await world.control('stopped'))
      await connection.call('nothing');
    connection.close();
  },

  'tells that the connection was lost before the answer': async (world) => {
    const connection = clientOf(world).connect('/calls');
    const lost = rejection(connection.call('never'), 'ConnectionLost');
    const stream = connection.stream('wait');
    equal((await soon(stream.next(), 'an item')).value, 'waiting');
    await world.control('reset');
    await soon(lost, 'the rejection');
    await rejection(stream.next(), 'ConnectionLost');
    equal(await connection.call('sum', { numbers: [1] }), 1);
    connection.close();
    await rejection(connection.call('sum', { numbers: [1] }), 'NotSent');
    await rejection(connection.stream('wait').next(), 'NotSent');
  },

  'makes a call again where it may': async (world) => {
    const connection = clientOf(world).connect('/calls');
    await connection.call('nothing');
    await world.control('stall');
    const sum = connection.call('sum', { numbers: [20, 1] }, { retry: true });
    await until(() => connection.queued === 0, 'it was sent');
    await world.control('reset');
    await world.control('mend');
    equal(await soon(sum, 'the result'), 21);
    const left = connection.call('leave', {}, { retry: true });
    await until(() => connection.state !== 'open', 'it is lost');
    connection.close();
    await left.catch(() => undefined);
  },

  'says of a call that may have run that the connection was lost, made again or not': async (
    world,
  ) => {
    const connection = clientOf(world).connect('/calls');
    const never = connection.call('never', {}, { retry: true });
    await connection.call('nothing');
    await world.control('cut');
    await until(() => connection.state !== 'open', 'it is lost');
    connection.close();
    await rejection(never, 'ConnectionLost');
    await world.control('mend');
  },

  'rejects what a server refused to read, where no other server reads it': async (world) => {
    const connect = () => clientOf(world).connect('/private', { query: { ticket: 'wrong' } });
    await rejection(soon(connect().call(''), 'the rejection'), 'NotSent');
    await rejection(soon(connect().stream('').next(), 'the rejection'), 'NotSent');
  },

  'rejects with what an answer cannot be read for, and goes on': async (world) => {
    const format = {
      encode: (message: unknown) => JSON.stringify(message),
      decode: () => {
        throw new RangeError('Unreadable');
      },
    };
    const connection = clientOf(world).connect('/calls', { format });
    await rejection(soon(connection.call('sum', { numbers: [1] }), 'the rejection'), 'RangeError');
    const stream = connection.stream('count', { until: 3 });
    await rejection(soon(stream.next(), 'the rejection'), 'RangeError');
    equal(await soon(connection.call('nothing'), 'an answer'), undefined);
    connection.close();
  },

  'leaves a stream that has failed meanwhile': async (world) => {
    const connection = clientOf(world).connect('/calls');
    for await (const item of connection.stream('wait')) {
      equal(item, 'waiting');
      await world.control('reset');
      await until(() => connection.state !== 'open', 'it is lost');
      break;
    }
    connection.close();
  },

  'stops a call whose format has no empty messages': async (world) => {
    const format = {
      encode: (message: unknown) => {
        if (typeof message !== 'object') throw new RangeError('No object');
        return JSON.stringify(message);
      },
      decode: (payload: unknown) => payload,
    };
    const connection = clientOf(world).connect('/calls', { format });
    const before = await world.control<number>('stopped');
    await rejection(connection.call('never', {}, { timeout: 50 }), 'CallTimedOut');
    await soon(
      (async () => {
        while ((await world.control<number>('stopped')) === before)
          await connection.call('nothing');
      })(),
      'the end of the call at the server',
    );
    connection.close();
  },

  'says so where calls are not possible': async (world) => {
    const plain = world.client.createClient(options(world));
    const connection = plain.connect('/calls');
    const error = await rejection(connection.call('sum'), 'TypeError');
    check(error.message.includes('calls()'), error.message);
    connection.close();
    const bare = clientOf(world).connect('/calls', { headers: false });
    check((await rejection(bare.call('sum'), 'TypeError')).message.includes('headers'), 'why?');
    bare.close();
  },
};
