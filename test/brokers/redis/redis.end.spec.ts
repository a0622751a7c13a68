import { Redis } from 'ioredis';
import { BrokerUnavailableException } from 'nestjs-revali-ws';
import { RedisBroker } from 'nestjs-revali-ws/redis';

import { eventually } from '../../support/deadline.js';
import { activeSockets, activeTimers, listenerCounts } from '../../support/faults/leaks.js';
import { BrokerLog, outcomeOf } from '../../support/records/broker-log.js';
import { freePort } from '../../support/servers/server.process.js';
import { RedisStage } from '../../support/servers/redis-stage.js';

const KEPT = { history: { messages: 10, age: 60_000 } };

let stage: RedisStage;
let sockets: number;
let timers: number;

beforeEach(async () => {
  stage = await RedisStage.open();
  sockets = activeSockets();
  timers = activeTimers();
});

afterEach(() => stage.close());

const nothingIsLeft = (): Promise<void> =>
  eventually(() => {
    expect(activeSockets()).toBe(sockets);
    expect(activeTimers()).toBeLessThanOrEqual(timers);
  }, 'sockets and timers to be gone');

describe('the end of a link to Redis', () => {
  it('leaves neither sockets nor timers nor listeners', async () => {
    const listeners = listenerCounts(process);
    const log = await stage.link();
    await log.presence.renew('node', 5_000);
    await log.link.subscribe(['chat/blue']);
    await log.link.publish('chat/blue', Buffer.from('1'), KEPT);
    await log.close();
    await nothingIsLeft();
    expect(listenerCounts(process)).toEqual(listeners);
  });

  it('leaves nothing of a link that is lost', async () => {
    const log = await stage.link();
    stage.proxy.cut();
    await log.isLost();
    await log.close();
    await nothingIsLeft();
    stage.proxy.mend();
    expect(log.ready).toEqual([]);
  });

  it('comes in time in a black hole', async () => {
    const log = await stage.link();
    stage.proxy.stall();
    const outcome = outcomeOf(log.link.publish('chat/blue', Buffer.from('1'), KEPT));
    const start = performance.now();
    await log.close();
    expect(performance.now() - start).toBeLessThan(6_000);
    expect(await outcome).toBe('unknown');
    stage.proxy.mend();
    await nothingIsLeft();
  });

  it('refuses what comes later, and tells nothing any more', async () => {
    const [log, other] = [await stage.link(), await stage.directLink()];
    await log.link.subscribe(['chat/blue']);
    await Promise.all([log.close(), log.close()]);
    await log.close();
    expect(await outcomeOf(log.link.publish('chat/blue', Buffer.from('1')))).toBe('refused');
    expect(await outcomeOf(log.presence.read('chat/blue'))).toBe('refused');
    await other.link.publish('chat/blue', Buffer.from('2'));
    expect([log.packets, log.lost, log.ready]).toEqual([[], [], []]);
  });

  it('ends the clients that the application has made for it', async () => {
    const clients: Redis[] = [];
    const client = () => {
      const made = new Redis(stage.url);
      clients.push(made);
      return made;
    };
    const log = await stage.opened(new RedisBroker({ client }));
    expect(clients.map(({ status }) => status)).toEqual(['ready', 'ready']);
    await log.close();
    expect(clients.map(({ status }) => status)).toEqual(['end', 'end']);
    await nothingIsLeft();
  });
});

describe('a Redis that is not there', () => {
  it('is named, and nothing is left of the try', async () => {
    const port = await freePort();
    const broker = new RedisBroker({ url: `redis://ann:secret@127.0.0.1:${port}/3` });
    const error: unknown = await broker.connect(new BrokerLog()).catch((reason: unknown) => reason);
    if (!(error instanceof BrokerUnavailableException))
      throw new Error(`not refused: ${String(error)}`);
    expect(error.outcome).toBe('refused');
    const text = error.message;
    expect(text).toContain(`127.0.0.1:${port}/3 cannot be reached: `);
    expect(text).toContain('connect ECONNREFUSED');
    expect(text).not.toContain('secret');
    await nothingIsLeft();
  });

  it('is given up where it answers nothing', async () => {
    stage.proxy.stall();
    const broker = new RedisBroker({ url: stage.url });
    const start = performance.now();
    await expect(broker.connect(new BrokerLog())).rejects.toBeInstanceOf(
      BrokerUnavailableException,
    );
    expect(performance.now() - start).toBeLessThan(9_000);
    stage.proxy.mend();
    await nothingIsLeft();
  });

  it('says that a password is wrong', async () => {
    await stage.admin().config('SET', 'requirepass', 'right');
    sockets = activeSockets();
    const url = stage.url.replace('//', '//:wrong@');
    const error: unknown = await new RedisBroker({ url })
      .connect(new BrokerLog())
      .catch((reason: unknown) => reason);
    if (!(error instanceof BrokerUnavailableException))
      throw new Error(`not refused: ${String(error)}`);
    expect(error.message).toMatch(/cannot be reached: WRONGPASS/);
    await nothingIsLeft();
  });
});
