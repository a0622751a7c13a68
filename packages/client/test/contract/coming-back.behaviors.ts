import {
  check,
  equal,
  next,
  options,
  RETRY,
  sleep,
  soon,
  until,
  type Behaviors,
} from './behavior.js';

export const comingBack: Behaviors = {
  'comes back after a reset, and goes on with its loop': async (world) => {
    const echo = world.client.createClient(options(world)).connect('/echo');
    await soon(echo.send('before'), 'the first message');
    equal(await next(echo), 'before');
    await world.control('reset');
    await until(() => echo.state !== 'open', 'it is lost');
    await soon(echo.send('after'), 'the second message');
    equal(await next(echo), 'after');
    echo.close();
  },

  'comes back to a server that was stopped and started, and tells each state': async (world) => {
    const echo = world.client.createClient(options(world)).connect('/echo');
    const states: string[] = [];
    const ends: unknown[] = [];
    echo.on('state', (state) => states.push(state));
    echo.on('close', ({ code, retryIn }) => ends.push([code, retryIn !== undefined]));
    await echo.send('before');
    equal(await next(echo), 'before');
    await world.control('stop');
    await until(() => ends.length > 2, 'attempts have failed');
    await world.control('start');
    await until(() => echo.state === 'open', 'it is open');
    equal(ends.slice(0, 2), [
      [1001, true],
      [1006, true],
    ]);
    equal(states.slice(0, 4), ['open', 'waiting', 'connecting', 'waiting']);
    echo.close();
    equal((await echo.closed).kind, 'done');
  },

  'gives up an attempt that nothing answers': async (world) => {
    await world.control('stall');
    const client = world.client.createClient({ ...options(world), connectTimeout: 100 });
    const echo = client.connect('/echo');
    const end = await soon(new Promise((resolve) => echo.on('close', resolve)), 'the end');
    equal((end as { code: number; reason: string }).reason, 'The connection took too long');
    await world.control('mend');
    await echo.send('after');
    equal(await next(echo), 'after');
    echo.close();
  },

  'gives up a connection that is silent, where the server is to give signs of life': async (
    world,
  ) => {
    const client = world.client.createClient({ ...options(world), silence: 200 });
    const beat = client.connect('/beat', { query: { times: 8 } });
    const ends: string[] = [];
    beat.on('close', ({ reason }) => ends.push(reason));
    const messages: unknown[] = [];
    beat.on('message', (message) => messages.push(message));
    await soon(beat.opened, 'the first sign of life');
    await sleep(300);
    equal(ends, []);
    await until(() => ends.length > 0, 'it is given up');
    equal(ends[0], 'No sign of life');
    equal(messages, []);
    beat.close();
  },

  'connects through a network that is slow': async (world) => {
    await world.control('delay', 50);
    const echo = world.client.createClient(options(world)).connect('/echo');
    for (const n of [1, 2, 3]) await echo.send(`${n}`);
    equal([await next(echo), await next(echo), await next(echo)], ['1', '2', '3']);
    echo.close();
    await echo.closed;
  },

  'connects through a network that passes one byte at a time': async (world) => {
    await world.control('trickle');
    const echo = world.client.createClient(options(world)).connect('/echo');
    for (const message of ['1', { text: 'é'.repeat(100) }]) {
      await echo.send(message);
      equal(await next(echo), message);
    }
    echo.close();
    equal((await soon(echo.closed, 'the end')).kind, 'done');
  },

  'reconnects at once when it is told to': async (world) => {
    const client = world.client.createClient({ ...options(world), retry: { base: 60_000 } });
    const echo = client.connect('/echo');
    await echo.send('1');
    equal(await next(echo), '1');
    echo.reconnect();
    equal(echo.state, 'connecting');
    await echo.send('2');
    equal(await next(echo), '2');
    await world.control('reset');
    await until(() => echo.state === 'waiting', 'it is lost');
    echo.reconnect();
    await echo.send('3');
    equal(await next(echo), '3');
    echo.close();
  },

  'goes on where it was, by what resume() took from its messages': async (world) => {
    const client = world.client.createClient({
      ...options(world),
      resume: (message) => ({ since: (message as { id: number }).id }),
    });
    const feed = client.connect('/feed', { query: { until: 40 } });
    const ids: number[] = [];
    for await (const message of feed) {
      ids.push((message as { id: number }).id);
      if (ids.length === 10 || ids.length === 20) await world.control('reset');
    }
    equal(
      ids,
      [...Array(40).keys()].map((n) => n + 1),
    );
    equal(await feed.closed, { code: 1000, reason: 'Normal closure', kind: 'done' });
  },

  'keeps what resume() took, over messages that have nothing of it': async (world) => {
    let since: string | undefined = '7';
    const client = world.client.createClient({ ...options(world), resume: () => ({ since }) });
    const echo = client.connect('/rooms/:name', { params: { name: 'a' } });
    await echo.send('1');
    await next(echo);
    since = undefined;
    await echo.send('2');
    await next(echo);
    await world.control('reset');
    await until(() => echo.state !== 'open', 'it is lost');
    await echo.send('3');
    equal(await next(echo), { name: 'a', query: { since: '7' } });
    echo.close();
  },

  'tells a message once to a listener that takes its own place': async (world) => {
    const echo = world.client.createClient(options(world)).connect('/echo');
    const told: unknown[] = [];
    const listen = (): void => {
      const off = echo.on('message', (message) => {
        off();
        if (told.push(message) < 10) listen();
      });
    };
    listen();
    const late: unknown[] = [];
    const offFirst = echo.on('message', () => offLate());
    const offLate = echo.on('message', (message) => late.push(message));
    await echo.send('1');
    await echo.send('2');
    await until(() => told.length > 1, 'both came');
    equal([told, late], [['1', '2'], []]);
    offFirst();
    echo.close();
  },

  'is exhausted after five short lives with the same end': async (world) => {
    // On a busy machine, lives are not as short as meant.
    const retry = { ...RETRY, stableAfter: 10_000 };
    const client = world.client.createClient({ ...options(world), retry });
    const bad = client.connect('/close-at-once', { query: { code: 1011 } });
    let ends = 0;
    bad.on('close', () => (ends += 1));
    equal((await soon(bad.closed, 'the end')).kind, 'exhausted');
    equal(ends, 5);
  },

  'tries as often as it is allowed to': async (world) => {
    await world.control('cut');
    const client = world.client.createClient({
      ...options(world),
      retry: { ...RETRY, attempts: 3 },
    });
    const echo = client.connect('/echo');
    let attempts = 0;
    echo.on('state', (state) => (attempts += Number(state === 'connecting')));
    const { kind, code } = await soon(echo.closed, 'the end');
    equal([kind, code, attempts], ['exhausted', 1006, 3]);
    const never = world.client.createClient({ ...options(world), retry: false }).connect('/echo');
    equal((await soon(never.closed, 'the end')).kind, 'exhausted');
    check((await never.opened.catch((error: unknown) => error)) instanceof Error, 'it was opened');
  },
};
