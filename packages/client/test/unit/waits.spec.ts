import { calls } from '../../lib/calls.js';
import { createClientIn } from '../../lib/client.js';
import type { AnyRoutes } from '../../lib/route.types.js';
import { start } from '../support/simulated.client.js';
import { fakeSockets, seeded, SimulatedWorld } from '../support/simulated.world.js';

describe('the waits of a client', () => {
  it('double up to their maximum, each by chance', async () => {
    const { waits, run, last, connection } = start();
    for (let attempt = 0; attempt < 5; attempt += 1) {
      await run(8_000);
      last().end();
    }
    expect(waits).toEqual([1_100, 2_100, 4_100, 7_600, 7_600]);
    connection.close();
  });

  it('are from 100 ms to 100 ms and the window', async () => {
    for (const [chance, wait] of [
      [0, 100],
      [0.999, 2_098],
    ] as const) {
      const { waits, run, last } = start({}, () => chance);
      await run(1);
      last().end();
      expect(waits[0]).toBe(wait);
    }
  });

  it('are longer where the server has too much to do', async () => {
    for (const code of [1008, 1013, 4429, 4503]) {
      const { waits, run, last } = start();
      await run(1);
      last().end(code);
      expect(waits).toEqual([2_600]);
    }
  });

  it('are 100 ms where there is no base, however many there were', async () => {
    const { waits, run, last, connection } = start({ retry: { base: 0 } });
    for (let attempt = 0; attempt < 1_100; attempt += 1) {
      await run(101);
      last().end();
    }
    expect(new Set(waits)).toEqual(new Set([100]));
    connection.close();
  });

  it('are none for new credentials, but where the last ones were good for a moment', async () => {
    const { waits, run, last } = start({ auth: () => undefined });
    for (const stood of [1, 1, 5_100]) {
      await run(8_000);
      last().open();
      last().receive('hi');
      await run(stood);
      last().end(4401);
    }
    expect(waits).toEqual([0, 7_600, 0]);
  });

  it('begin anew once the connection has stood for five seconds, not when it opens', async () => {
    const { waits, run, last } = start();
    await run(1);
    last().end();
    await run(1_200);
    last().open();
    await run(4_900);
    last().end();
    await run(2_200);
    last().open();
    await run(5_100);
    last().end();
    expect(waits).toEqual([1_100, 2_100, 1_100]);
  });

  it('are what the options say', async () => {
    const { waits, run, last, connection } = start({
      retry: { base: 1_000, max: 1_000, attempts: 2, when: ({ code }) => code === 1007 },
    });
    await run(1);
    last().end(1007);
    await run(1_000);
    last().end(1007);
    await run(1_000);
    last().end(1007);
    expect(waits).toEqual([600, 600, undefined]);
    expect((await connection.closed).kind).toBe('exhausted');
    const never = start({ retry: { when: () => false } });
    await never.run(1);
    never.last().end(1012);
    expect((await never.connection.closed).kind).toBe('exhausted');
    const broken = start({
      retry: {
        when: () => {
          throw new RangeError('broken');
        },
      },
    });
    await broken.run(1);
    broken.last().end(1012);
    expect((await broken.connection.closed).kind).toBe('fault');
  });
});

describe('a client by the clock', () => {
  it('gives an attempt 15 seconds', async () => {
    const { waits, run, made } = start();
    await run(14_990);
    expect(waits).toEqual([]);
    await run(20);
    expect(waits).toEqual([1_100]);
    await run(1_200);
    expect(made).toHaveLength(2);
  });

  it('gives auth() no more time than that', async () => {
    const { waits, run, made } = start({ auth: () => new Promise(() => undefined) });
    await run(15_010);
    expect([waits, made.length]).toEqual([[1_100], 0]);
  });

  it('takes a connection for accepted at the first message, or after five seconds', async () => {
    for (const accept of [
      (socket: { receive(data: string): void }) => {
        socket.receive('hi');
        return 0;
      },
      () => 5_001,
    ]) {
      const { run, last, connection } = start();
      let isOpened = false;
      void connection.opened.then(() => (isOpened = true));
      await run(1);
      last().open();
      await run(4_990);
      expect(isOpened).toBe(false);
      await run(accept(last()) + 1);
      await Promise.resolve();
      expect(isOpened).toBe(true);
    }
  });

  it('takes a sleep of the machine for the end of the connection', async () => {
    const { world, waits, run, last } = start();
    await run(1);
    last().open();
    await run(100_000);
    expect(waits).toEqual([]);
    world.sleep(30_000);
    await run(31_000);
    expect(waits).toEqual([]);
    world.sleep(3_600_000);
    await run(31_000);
    expect(waits).toHaveLength(1);
  });

  it('leaves no timer when it is closed, in any state', async () => {
    const { world, connection } = start();
    void connection.send('queued');
    connection.close();
    expect(world.pending).toBe(0);
    const open = start();
    await open.run(1);
    open.last().open();
    open.last().bufferedAmount = 2 ** 30;
    void open.connection.send('x');
    expect(open.world.pending).toBeGreaterThan(0);
    open.connection.close();
    expect(open.world.pending).toBe(0);
    const waiting = start();
    await waiting.run(1);
    waiting.last().end();
    waiting.connection.close();
    expect(waiting.world.pending).toBe(0);
  });

  it('stays closed where a listener closes it while it opens', async () => {
    const { world, run, last, connection } = start({ use: [calls()] });
    await run(1);
    last().protocol = 'revali.v1';
    last().open();
    void connection.call('say').catch(() => undefined);
    // Refused, and given back.
    last().end(4503);
    await run(10_000);
    last().protocol = 'revali.v1';
    last().send = () => connection.close();
    last().open();
    expect(connection.state).toBe('closed');
    last().end();
    await run(60_000);
    expect([connection.state, world.pending]).toEqual(['closed', 0]);
  });

  it('rejects a call that was given back, where the next server cannot read it', async () => {
    const { run, last, connection } = start({ use: [calls()] });
    await run(1);
    last().protocol = 'revali.v1';
    last().open();
    const call = connection.call('say');
    last().end(4503);
    await run(10_000);
    last().protocol = '';
    last().open();
    await expect(call).rejects.toThrow('does not speak revali.v1');
    connection.close();
  });

  it('does not even refresh with retry: false', async () => {
    const { run, last, made, connection } = start({ retry: false, auth: () => undefined });
    await run(1);
    last().end(4401);
    await run(60_000);
    expect(made).toHaveLength(1);
    expect((await connection.closed).kind).toBe('refused');
  });

  it('ends where `when` closes it', async () => {
    const { world, run, last, connection } = start({
      retry: {
        when() {
          connection.close();
          return undefined;
        },
      },
    });
    await run(1);
    last().end();
    await run(1);
    expect(connection.state).toBe('closed');
    expect((await connection.closed).kind).toBe('done');
    expect(world.pending).toBe(0);
  });

  it('stays closed where a listener wants to reconnect when it hears what is lost', async () => {
    const { made, run, last, connection } = start();
    connection.on('error', () => connection.reconnect());
    await run(1);
    last().open();
    await connection.send('given back, and lost');
    last().end(4403);
    await run(20_000);
    expect([connection.state, made.length]).toEqual(['closed', 1]);
  });

  it('takes silence for an end in time where the clock is put back', async () => {
    const { world, waits, run, last, connection } = start({ silence: 1_000 });
    await run(1);
    world.time = 3_600_000;
    last().open();
    world.sleep(-3_600_000);
    await run(2_010);
    expect(waits).toHaveLength(1);
    connection.close();
  });

  it('polls a full socket each 20 ms, and only while it is full', async () => {
    const { run, last, connection } = start();
    await run(1);
    last().open();
    last().bufferedAmount = 2 ** 20 + 1;
    let isSent = false;
    void connection.send('x').then(() => (isSent = true));
    await run(100);
    expect([isSent, last().sent]).toEqual([false, ['x']]);
    last().bufferedAmount = 2 ** 20;
    await run(21);
    expect(isSent).toBe(true);
  });
});

describe('10,000 clients whose server was away for ten seconds', () => {
  it('come back within 15 seconds, and no more than 250 at once', async () => {
    const random = seeded(21);
    const world = new SimulatedWorld(random);
    const [from, until] = [1_000, 11_000];
    const attempts: number[] = [];
    const backAt: number[] = [];
    const { made, WebSocket } = fakeSockets((socket) => {
      const at = world.time;
      world.after(1, () => {
        if (at < from) socket.open();
        else if (at < until) socket.end();
        else {
          socket.open();
          backAt.push(at);
        }
      });
      if (at >= until) attempts.push(at);
    });
    const client = createClientIn<AnyRoutes>(world, { url: 'ws://test', WebSocket });
    const connections = Array.from({ length: 10_000 }, () => client.connect('/echo'));
    await world.runUntil(from - 1);
    // They lose their server within 50 ms.
    for (const socket of made.slice()) world.after(1 + random() * 50, () => socket.end());
    await world.runUntil(until + 15_000);
    const inWindow = attempts.map((at, index) =>
      attempts.slice(index).findIndex((other) => other >= at + 100),
    );
    expect(Math.max(...inWindow)).toBeLessThanOrEqual(250);
    expect(backAt.length).toBeGreaterThanOrEqual(9_900);
    for (const connection of connections) connection.close();
    expect(world.pending).toBe(0);
  }, 120_000);
});
