import { RedisBroker } from 'nestjs-revali-ws/redis';

import { eventually } from '../../support/deadline.js';
import { BrokerLog, outcomeOf } from '../../support/records/broker-log.js';
import { RedisServer } from '../../support/servers/redis-server.js';

const KEPT = { history: { messages: 1_000, age: 60_000 } };

describe('waitReplicas', () => {
  let master: RedisServer;
  let replica: RedisServer;
  let log: BrokerLog;

  beforeEach(async () => {
    master = await RedisServer.start();
    replica = await RedisServer.start({ replicaOf: master.port });
    log = await BrokerLog.connect(
      new RedisBroker({ url: master.url, waitReplicas: 1, replicaTimeout: 300 }),
    );
  });

  afterEach(async () => {
    await log.close();
    await replica.stop();
    await master.stop();
  });

  const publish = (text: string) => log.link.publish('chat/blue', Buffer.from(text), KEPT);

  it('resolves when a replica has the message, and does not know where none has', async () => {
    await eventually(async () => expect(await outcomeOf(publish('1'))).toBe('accepted'), 'a copy');
    replica.freeze();
    const start = performance.now();
    const outcomes = await Promise.all(['2', '3', '4'].map((text) => outcomeOf(publish(text))));
    expect(outcomes).toEqual(['unknown', 'unknown', 'unknown']);
    expect(performance.now() - start).toBeLessThan(1_500);
    await expect(publish('5')).rejects.toThrow('RedisBroker: 0 of 1 replicas have it after 300 ms');
    replica.thaw();
    await eventually(async () => expect(await outcomeOf(publish('6'))).toBe('accepted'), 'a copy');
    expect(log.lost).toEqual([]);
  });

  it('waits once for what is published in one turn', async () => {
    await eventually(async () => expect(await outcomeOf(publish('1'))).toBe('accepted'), 'a copy');
    const start = performance.now();
    await Promise.all(Array.from({ length: 500 }, (_, index) => publish(`${index}`)));
    expect(performance.now() - start).toBeLessThan(2_000);
  });

  it('asks for no copy of what is not kept', async () => {
    await replica.kill();
    const start = performance.now();
    await log.link.publish('chat/blue', Buffer.from('1'));
    expect(performance.now() - start).toBeLessThan(250);
  });
});
