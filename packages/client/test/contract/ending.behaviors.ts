import {
  check,
  equal,
  next,
  options,
  rejection,
  soon,
  until,
  type Behaviors,
  type World,
} from './behavior.js';

const closedWith = async (world: World, code: number) => {
  const client = world.client.createClient(options(world));
  const connection = client.connect('/close-at-once', { query: { code } });
  const { kind } = await soon(connection.closed, `the end by ${code}`);
  return kind;
};

export const ending: Behaviors = {
  'ends as the table of close codes says': async (world) => {
    const codes = [1000, 1002, 1003, 1007, 1009, 1010, 3001, 4000, 4400, 4403, 4404, 4499, 4600];
    const kinds = await Promise.all(codes.map((code) => closedWith(world, code)));
    equal(kinds, [
      'done',
      'fault',
      'fault',
      'fault',
      'fault',
      'fault',
      'application',
      'application',
      'refused',
      'refused',
      'refused',
      'refused',
      'application',
    ]);
  },

  'tells code and reason of the end': async (world) => {
    const client = world.client.createClient(options(world));
    const connection = client.connect('/close-at-once', { query: { code: 4001 } });
    equal(await soon(connection.closed, 'the end'), {
      code: 4001,
      reason: 'At once',
      kind: 'application',
    });
    const error = await rejection(connection[Symbol.asyncIterator]().next(), 'ConnectionClosed');
    check(error.message.includes('4001'), error.message);
    await rejection(connection.opened, 'ConnectionClosed');
    await rejection(connection.send('late'), 'NotSent');
  },

  'ends its loops when it is closed': async (world) => {
    const echo = world.client.createClient(options(world)).connect('/echo');
    await echo.send('1');
    equal(await next(echo), '1');
    const loop = (async () => {
      for await (const message of echo) throw new Error(String(message));
      return 'ended';
    })();
    echo.close(3_999, 'bye');
    equal(await soon(loop, 'the end of the loop'), 'ended');
    equal(await soon(echo.closed, 'the end'), { code: 3_999, reason: 'bye', kind: 'done' });
    await world.control('connections', 0);
  },

  'refuses codes and reasons that no client may send, and goes on': async (world) => {
    const echo = world.client.createClient(options(world)).connect('/echo');
    for (const [code, reason] of [
      [1001, ''],
      [5000, ''],
      [1000, 'é'.repeat(62)],
    ] as const) {
      const thrown = (() => {
        try {
          return echo.close(code, reason);
        } catch (error) {
          return error;
        }
      })();
      check(thrown instanceof RangeError, `close(${code}) was taken`);
    }
    await echo.send('1');
    equal(await next(echo), '1');
    echo.close(1000, 'x'.repeat(123));
    await echo.closed;
  },

  'is closed by its signal before it begins, while it connects, waits, and is open': async (
    world,
  ) => {
    const client = world.client.createClient(options(world));
    const early = client.connect('/echo', { signal: AbortSignal.abort() });
    equal(early.state, 'closed');
    equal((await early.closed).kind, 'aborted');

    const connecting = new AbortController();
    const second = client.connect('/echo', { signal: connecting.signal });
    connecting.abort();
    equal((await soon(second.closed, 'the second end')).kind, 'aborted');

    const open = new AbortController();
    const third = client.connect('/echo', { signal: open.signal });
    await third.send('1');
    equal(await next(third), '1');
    open.abort();
    equal((await soon(third.closed, 'the third end')).kind, 'aborted');
    for await (const message of third) throw new Error(String(message));

    await world.control('cut');
    const waiting = new AbortController();
    const fourth = client.connect('/echo', { signal: waiting.signal });
    await until(() => fourth.state === 'waiting', 'it waits');
    waiting.abort();
    equal((await soon(fourth.closed, 'the fourth end')).kind, 'aborted');
    await world.control('mend');
    await world.control('connections', 0);
  },

  'is closed at the end of its block': async (world) => {
    const echo = world.client.createClient(options(world)).connect('/echo');
    await echo.send('1');
    equal(await next(echo), '1');
    await soon(echo[Symbol.asyncDispose](), 'the end');
    equal(echo.state, 'closed');
    await world.control('connections', 0);
  },
};
