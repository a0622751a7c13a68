import { Body, Controller } from '@nestjs/common';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { RevaliWsMetrics, WebSocket } from 'nestjs-revali-ws';
import { connect } from 'nestjs-revali-ws/testing';

import { answerPings } from '../../support/raw/answer-pings.js';
import { startApp } from '../../support/apps/app-factory.js';
import { eventually, sleep } from '../../support/deadline.js';
import { binary, close, fragments, ping, text, times } from '../../support/raw/frames.js';
import { gate, type Gate } from '../../support/gate.js';
import { startGateways } from '../../support/apps/gateways/app.js';
import { MemoryWatch } from '../../support/faults/memory-watch.js';
import { ObserverLog } from '../../support/records/observer-log.js';
import { platforms } from '../../support/apps/platforms.js';
import type { RawClient } from '../../support/raw/raw-client.js';
import { encodeFrame, Opcode } from '../../support/raw/raw-frame.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';
import { tlsFixture } from '../../support/apps/tls-fixture.js';

const messagesOf = (app: RunningApp) => app.app.get(RevaliWsMetrics).snapshot().messages;

async function open(app: RunningApp, path: string): Promise<RawClient> {
  const client = await app.raw();
  client.upgrade(path);
  expect((await client.response()).status).toBe(101);
  return client;
}

const labels = (count: number): string[] =>
  Array.from({ length: count }, (_item, index) => `message ${index}`);

const bytesOf = (messages: readonly string[]): Buffer =>
  Buffer.concat(messages.map((message) => encodeFrame(text(message))));

/** The most that happens in one turn of the event loop. */
async function mostPerTurn(count: () => number, during: () => Promise<void>): Promise<number> {
  let most = 0;
  let last = count();
  let isOver = false;
  const look = (): void => {
    most = Math.max(most, count() - last);
    last = count();
    if (!isOver) setImmediate(look);
  };
  look();
  await during().finally(() => (isOver = true));
  return most;
}

function burn(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

describe.each(platforms)('many messages in one read, on $name', (platform) => {
  afterEach(closeAllApps);

  let seen: string[] = [];
  let door: Gate = gate();
  /** To compare hundreds of lines over and over would keep the event loop from the messages. */
  async function expectSeen(messages: readonly string[]): Promise<void> {
    await eventually(() => expect(seen.length).toBe(messages.length), 'all messages', 15_000);
    expect(seen).toEqual(messages);
  }

  beforeEach(() => {
    seen = [];
    door = gate();
  });

  @Controller()
  class Stuck {
    @WebSocket('stuck')
    @WebSocket('pinged', { ping: 30 })
    async take(@Body() message: string): Promise<void> {
      await door.opened;
      seen.push(message);
    }
    @WebSocket('opening', { triggerOnConnect: true })
    async open(@Body() message?: string): Promise<void> {
      if (message === undefined) await door.opened;
      else seen.push(message);
    }
  }

  const limits = { maxQueuedMessages: 1, maxPayload: 1024 };

  it.each([1, 3, 64])('wait, at most %d of them, and the rest as bytes', async (limit) => {
    const app = await startApp(platform, {
      controllers: [Stuck],
      forRoot: { maxQueuedMessages: limit },
    });
    const client = await open(app, '/stuck');
    const all = labels(2000);
    client.write(bytesOf(all));
    await eventually(() => expect(messagesOf(app).queued).toBe(limit), 'a full queue');
    await sleep(50);
    expect(messagesOf(app)).toMatchObject({ queued: limit, received: limit + 1 });
    door.open();
    await eventually(() => expect(seen).toHaveLength(all.length), 'all messages', 10_000);
    expect(seen).toEqual(all);
  });

  it('wait behind the opening in the same way', async () => {
    const app = await startApp(platform, { controllers: [Stuck], forRoot: limits });
    const client = await open(app, '/opening');
    client.write(bytesOf(labels(100)));
    await eventually(() => expect(messagesOf(app).queued).toBe(1), 'a full queue');
    await sleep(20);
    expect(messagesOf(app)).toMatchObject({ queued: 1, received: 1 });
    door.open();
    await expectSeen(labels(100));
  });

  it('wait as bytes while pings are looked for, which are answered', async () => {
    const app = await startApp(platform, { controllers: [Stuck], forRoot: limits });
    const client = await open(app, '/pinged');
    answerPings(client);
    client.write(bytesOf(labels(20)));
    client.frame(ping('are you there?'));
    await eventually(() => {
      const received = client.unread.toString('latin1');
      expect(received).toContain('are you there?');
    }, 'the pong');
    client.write(bytesOf(labels(20)));
    await sleep(200);
    expect(messagesOf(app)).toMatchObject({ queued: 1, received: 2 });
    door.open();
    await expectSeen([...labels(20), ...labels(20)]);
    await sleep(60);
    // Once, although the ping was seen twice.
    expect(client.unread.toString('latin1').split('are you there?')).toHaveLength(2);
  });

  it('lose none in between, in whatever pieces they come', async () => {
    const app = await startApp(platform, {
      controllers: [Stuck],
      forRoot: { maxQueuedMessages: 2, ping: 20 },
    });
    const client = await open(app, '/stuck');
    answerPings(client);
    const bytes = Buffer.concat(
      labels(300).flatMap((message, index) => {
        const parts = index % 3 === 0 ? [message.slice(0, 3), message.slice(3)] : [message];
        const frames = fragments(Opcode.text, parts);
        return [...frames, ...(index % 10 === 0 ? [ping(`${index}`)] : [])].map(encodeFrame);
      }),
    );
    for (let at = 0, size = 1; at < bytes.length; at += size, size = (size * 7) % 331) {
      client.write(bytes.subarray(at, at + size));
      if (at % 5 === 0) await new Promise(setImmediate);
    }
    await sleep(60);
    door.open();
    await expectSeen(labels(300));
  });

  it('wait compressed, too', async () => {
    const app = await startApp(platform, {
      controllers: [Stuck],
      forRoot: { maxQueuedMessages: 2, perMessageDeflate: { threshold: 0 }, ping: 20 },
    });
    const client = await app.connect('stuck', { perMessageDeflate: { threshold: 0 } });
    const all = labels(500);
    for (const message of all) client.send(message);
    await eventually(() => expect(messagesOf(app).queued).toBe(2), 'a full queue');
    await sleep(100);
    expect(messagesOf(app)).toMatchObject({ queued: 2, received: 3 });
    door.open();
    await expectSeen(all);
  });

  it('wait behind TLS, and in the testing kit', async () => {
    const app = await startApp(platform, {
      controllers: [Stuck],
      forRoot: limits,
      ...(platform.name === 'express' ? { appOptions: { httpsOptions: tlsFixture } } : {}),
    });
    const client = await app.connect('stuck', { rejectUnauthorized: false });
    for (const message of labels(100)) client.send(message);
    await eventually(() => expect(messagesOf(app).queued).toBe(1), 'a full queue');
    await sleep(20);
    expect(messagesOf(app)).toMatchObject({ queued: 1, received: 2 });
    const inProcess = await connect(app.app, '/stuck');
    for (const message of labels(100)) inProcess.send(message);
    await eventually(() => expect(messagesOf(app).queued).toBe(2), 'two full queues');
    await sleep(20);
    expect(messagesOf(app)).toMatchObject({ queued: 2, received: 4 });
    door.open();
    await eventually(() => expect(seen).toHaveLength(200), 'all messages');
    await inProcess.close();
  });

  it('take no more memory than their bytes, whoever sends them', async () => {
    const app = await startApp(platform, { controllers: [Stuck], forRoot: limits });
    const clients = await Promise.all(Array.from({ length: 50 }, () => open(app, '/stuck')));
    const memory = new MemoryWatch();
    memory.sample();
    const flood = times(10_896, text());
    for (const client of clients) client.write(flood);
    await eventually(() => expect(messagesOf(app).queued).toBe(50), 'full queues');
    await sleep(200);
    memory.sample();
    // What is written and not read counts as well here: 65 KB for each client.
    expect(memory.growth).toBeLessThan(50 * 256 * 1024);
    expect(messagesOf(app).queued).toBe(50);
  });

  it('are seen to their end: what is malformed among them ends the connection in its turn', async () => {
    const log = new ObserverLog();
    const app = await startApp(platform, {
      controllers: [Stuck],
      forRoot: { ...limits, observers: [log] },
    });
    const client = await open(app, '/stuck');
    client.write(Buffer.concat([bytesOf(labels(5)), Buffer.of(0xff, 0xff)]));
    await sleep(30);
    expect(log.outcomes).toEqual([]);
    door.open();
    expect(await log.outcome()).toMatchObject({ code: 1002, initiator: 'server' });
    expect(seen).toContain('message 0');
  });

  it('are let go of with the connection', async () => {
    const log = new ObserverLog();
    const app = await startApp(platform, {
      controllers: [Stuck],
      forRoot: { ...limits, observers: [log], ping: 20, closeTimeout: 50 },
    });
    for (const leave of ['close', 'FIN', 'RST'] as const) {
      const client = await open(app, '/stuck');
      answerPings(client);
      client.write(bytesOf(labels(200)));
      await eventually(() => expect(messagesOf(app).queued).toBe(1), 'a full queue');
      if (leave === 'close') client.frame(close(1000));
      if (leave === 'FIN') client.end();
      if (leave === 'RST') client.resetAndDestroy();
      await eventually(() => expect(messagesOf(app).queued).toBe(0), `the end by ${leave}`);
    }
    await eventually(() => {
      const { open: still } = app.app.get(RevaliWsMetrics).snapshot().connections;
      expect(still).toBe(0);
    }, 'all to be gone');
    expect(log.outcomes.map(({ code }) => code)).toEqual([1000, 1006, 1006]);
    door.open();
    await sleep(20);
    expect(seen).toEqual(['message 0', 'message 0', 'message 0']);
  });

  describe('that take their time', () => {
    @Controller()
    class Busy {
      @WebSocket('sync')
      sync(): void {
        burn(5);
        seen.push('handled');
      }
      @WebSocket('async')
      async async(): Promise<void> {
        burn(5);
        await Promise.resolve();
        seen.push('handled');
      }
      @WebSocket('echo')
      echo(@Body() message: string): string {
        return message;
      }
    }
    @WebSocketGateway({ path: '/gateway' })
    class Gateway {
      @SubscribeMessage('busy')
      busy(): void {
        burn(5);
        seen.push('handled');
      }
    }

    it.each(['sync', 'async'])('leave others their turn (%s)', async (path) => {
      const app = await startApp(platform, { controllers: [Busy] });
      const flooders = await Promise.all([1, 2, 3].map(() => open(app, `/${path}`)));
      const client = await app.connect('echo');
      const most = await mostPerTurn(
        () => seen.length,
        async () => {
          for (const flooder of flooders) flooder.write(bytesOf(labels(60)));
          for (let trip = 0; trip < 10; trip += 1) {
            client.send('here?');
            expect(await client.text()).toBe('here?');
          }
          expect(seen.length).toBeLessThan(180);
          await eventually(() => expect(seen).toHaveLength(180), 'all messages', 10_000);
        },
      );
      // Of five milliseconds each.
      expect(most).toBeLessThan(20);
    });

    it('leave others their turn on a gateway', async () => {
      const { app } = await startGateways(platform, [Gateway]);
      const client = await open(app, '/gateway');
      const message = JSON.stringify({ event: 'busy' });
      const most = await mostPerTurn(
        () => seen.length,
        async () => {
          client.write(times(100, text(message)));
          await eventually(() => expect(seen).toHaveLength(100), 'all messages', 10_000);
        },
      );
      // Of five milliseconds each.
      expect(most).toBeLessThan(20);
    });
  });

  describe('to a gateway', () => {
    let running = 0;
    let most = 0;
    beforeEach(() => {
      running = 0;
      most = 0;
    });
    @WebSocketGateway({ path: '/gateway' })
    class Gateway {
      @SubscribeMessage('work')
      async work(): Promise<void> {
        running += 1;
        most = Math.max(most, running);
        await door.opened;
        running -= 1;
        seen.push('handled');
      }
    }

    it.each([1, 4])('start, %d at once, and the rest waits as bytes', async (limit) => {
      const { app, adapter } = await startGateways(platform, [Gateway], {
        maxQueuedMessages: limit,
        ping: 20,
      });
      const client = await open(app, '/gateway');
      answerPings(client);
      client.write(times(500, text(JSON.stringify({ event: 'work' }))));
      await eventually(() => expect(running).toBe(limit), 'the first');
      await sleep(100);
      expect(adapter.snapshot().messages.received).toBe(limit);
      door.open();
      await eventually(() => expect(seen).toHaveLength(500), 'all messages');
      expect(most).toBe(limit);
    });

    it('behind which the client leaves are noticed', async () => {
      const { app, adapter } = await startGateways(platform, [Gateway], {
        maxQueuedMessages: 1,
        ping: 20,
        closeTimeout: 50,
      });
      const client = await open(app, '/gateway');
      answerPings(client);
      client.write(times(100, text(JSON.stringify({ event: 'work' }))));
      await eventually(() => expect(running).toBe(1), 'the first');
      client.frame(close(1000));
      await eventually(() => expect(adapter.snapshot().connections.open).toBe(0), 'the end');
      door.open();
    });
  });

  it('that a send-only route discards are no reason to hold', async () => {
    @Controller()
    class Feed {
      @WebSocket('feed', { mode: 'sendOnly' })
      async feed(): Promise<string> {
        await door.opened;
        return 'done';
      }
    }
    const app = await startApp(platform, { controllers: [Feed], forRoot: limits });
    const client = await open(app, '/feed');
    client.write(Buffer.concat([times(20_000, binary()), encodeFrame(ping('?'))]));
    expect((await client.nextFrame()).opcode).toBe(Opcode.pong);
    door.open();
    expect((await client.nextFrame()).payload.toString()).toBe('done');
  });

  it('that are too many for messageRate end the connection', async () => {
    const log = new ObserverLog();
    @Controller()
    class Rated {
      @WebSocket('rated', { messageRate: { limit: 10, per: '1m' } })
      async take(@Body() message: string): Promise<void> {
        seen.push(message);
        await Promise.resolve();
      }
    }
    const app = await startApp(platform, {
      controllers: [Rated],
      forRoot: { ...limits, observers: [log] },
    });
    const client = await open(app, '/rated');
    client.write(bytesOf(labels(100)));
    expect(await log.outcome()).toMatchObject({ code: 1008, reason: 'Too many messages' });
    expect(seen.length).toBeLessThanOrEqual(10);
  });
});
