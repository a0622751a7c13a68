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
    expect(await outcomeOf(publish('2'))).toBe('unknown');
    await expect(publish('3')).rejects.toThrow('RedisBroker: 0 of 1 replicas have it after 300 ms');
    replica.thaw();
    await eventually(async () => expect(await outcomeOf(publish('4'))).toBe('accepted'), 'a copy');
    expect(log.lost).toEqual([]);
  });

  it('waits once for what is published in one turn', async () => {
    await eventually(async () => expect(await outcomeOf(publish('1'))).toBe('accepted'), 'a copy');
    replica.freeze();
    const start = performance.now();
    const texts = Array.from({ length: 50 }, (_, index) => `${index}`);
    const outcomes = await Promise.all(texts.map((text) => outcomeOf(publish(text))));
    // One after the other, they would wait for 15 seconds.
    expect(performance.now() - start).toBeLessThan(7_500);
    expect(new Set(outcomes)).toEqual(new Set(['unknown']));
    replica.thaw();
  });

  it('asks for no copy of what is not kept', async () => {
    await replica.kill();
    const start = performance.now();
    await log.link.publish('chat/blue', Buffer.from('1'));
    expect(performance.now() - start).toBeLessThan(250);
  });
});
