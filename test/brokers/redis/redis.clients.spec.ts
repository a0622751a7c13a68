import { once } from 'node:events';

import { Redis } from 'ioredis';
import { BrokerUnavailableException, InvalidWebSocketOptionException } from 'nestjs-revali-ws';
import { RedisBroker } from 'nestjs-revali-ws/redis';

import { eventually } from '../../support/deadline.js';
import { unhandled } from '../../support/faults/leaks.js';
import { BrokerLog, outcomeOf } from '../../support/records/broker-log.js';
import { RedisStage } from '../../support/servers/redis-stage.js';

let stage: RedisStage;

beforeEach(async () => {
  stage = await RedisStage.open();
});

afterEach(() => stage.close());

/** As JavaScript gives it: what a factory makes is of any type. */
function brokerOf(client: () => unknown): RedisBroker {
  const made: unknown = Reflect.construct(RedisBroker, [{ client }]);
  if (made instanceof RedisBroker) return made;
  throw new Error('no broker');
}

describe('clients that are refused', () => {
  let made: Redis[] = [];

  const eager = (options: object = {}): Redis => {
    const client = new Redis(stage.url, options);
    made.push(client);
    return client;
  };

  const FACTORIES: [what: string, make: () => () => unknown][] = [
    [
      'the same twice',
      () => {
        const shared = eager();
        return () => shared;
      },
    ],
    [
      'one, and then none',
      () => {
        let calls = 0;
        return () => (calls++ === 0 ? eager() : undefined);
      },
    ],
    ['one with keyPrefix', () => () => eager({ keyPrefix: 'x:' })],
    ['a promise of one', () => () => Promise.resolve(eager())],
  ];

  beforeEach(() => {
    made = [];
  });

  afterEach(() => {
    for (const client of made) client.disconnect();
  });

  it.each(FACTORIES)('are ended, and nothing comes up later: %s', async (_, make) => {
    const faults = unhandled();
    const refused = BrokerLog.connect(brokerOf(make()));
    await expect(refused).rejects.toBeInstanceOf(InvalidWebSocketOptionException);
    await eventually(() => expect(made.map(({ status }) => status)).toEqual(['end']), 'their end');
    expect(await faults.release()).toEqual([]);
  });

  it('serve the link on that has them already', async () => {
    const clients = [new Redis(stage.url), new Redis(stage.url)];
    let calls = 0;
    const broker = brokerOf(() => clients[calls++ % 2]);
    const log = await stage.opened(broker);
    await expect(BrokerLog.connect(broker)).rejects.toThrow(/Create another client on each call/);
    await log.link.subscribe(['chat/blue']);
    await log.link.publish('chat/blue', Buffer.from('hi'));
    await log.hears('chat/blue', ['hi']);
  });
});

describe('the query of a URL', () => {
  it('does not change what the broker depends on', async () => {
    const faults = unhandled();
    const query = 'enableAutoPipelining=1&enableOfflineQueue=1&stringNumbers=1&autoResubscribe=1';
    const log = await stage.opened(new RedisBroker({ url: `${stage.url}?${query}` }));
    await log.link.subscribe(['chat/blue']);
    await log.link.publish('chat/blue', Buffer.from('hi'));
    await log.hears('chat/blue', ['hi']);
    expect(await log.presence.renew('node', 5_000)).toBe(false);
    expect(await log.presence.renew('node', 5_000)).toBe(true);
    stage.proxy.cut();
    await log.isLost();
    expect(await outcomeOf(log.link.publish('chat/blue', Buffer.from('hi')))).toBe('refused');
    expect(await faults.release()).toEqual([]);
  });
});

describe('a client that the application has just closed', () => {
  it('is named as what is wrong', async () => {
    const [ended, ending] = [new Redis(stage.url), new Redis(stage.url)];
    await Promise.all([ended.ping(), ending.ping()]);
    const end = once(ended, 'end');
    ended.disconnect();
    await end;
    ending.disconnect();
    const clients = [ending, ended];
    const error: unknown = await BrokerLog.connect(brokerOf(() => clients.shift())).catch(
      (reason: unknown) => reason,
    );
    if (!(error instanceof BrokerUnavailableException))
      throw new Error(`not refused: ${String(error)}`);
    expect(error.message).toContain('cannot be reached: the connection was closed');
  });
});
