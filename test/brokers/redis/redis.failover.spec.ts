import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { RedisBroker } from 'nestjs-revali-ws/redis';

import { eventually } from '../../support/deadline.js';
import { TcpProxy } from '../../support/faults/tcp-proxy.js';
import { BrokerLog, outcomeOf } from '../../support/records/broker-log.js';
import { RedisServer } from '../../support/servers/redis-server.js';
import { freePort, ServerProcess } from '../../support/servers/server.process.js';

const ROOM = 'chat/blue';
const PACKET = Buffer.from('heard');

let ends: (() => unknown)[];

beforeEach(() => {
  ends = [];
});

afterEach(async () => {
  for (const end of ends.toReversed()) await end();
});

async function server(replicaOf?: number): Promise<RedisServer> {
  const started = await RedisServer.start(replicaOf === undefined ? {} : { replicaOf });
  ends.push(() => started.stop());
  return started;
}

function admin({ url }: RedisServer): Redis {
  const client = new Redis(url);
  ends.push(() => client.disconnect());
  return client;
}

async function link(broker: RedisBroker): Promise<BrokerLog> {
  const log = await BrokerLog.connect(broker);
  ends.push(() => log.close());
  await log.link.subscribe([ROOM]);
  return log;
}

describe('a failover that leaves connections open', () => {
  let master: RedisServer;
  let replica: RedisServer;
  /** Where the address of the master leads. */
  let port: number;

  const broker = (): RedisBroker =>
    new RedisBroker({ client: () => new Redis({ host: '127.0.0.1', port, lazyConnect: true }) });

  /** Redis moves the role, and closes no connection of clients. */
  async function failOver(): Promise<void> {
    const [old, next] = [admin(master), admin(replica)];
    const says = (client: Redis, line: string): Promise<void> =>
      eventually(async () => expect(await client.info('replication')).toContain(line), line);
    await says(next, 'master_link_status:up');
    await old.call('FAILOVER');
    await says(next, 'role:master');
    await says(old, 'role:slave');
    port = replica.port;
  }

  beforeEach(async () => {
    master = await server();
    replica = await server(master.port);
    port = master.port;
  });

  it('accepts no live message on what is a replica now', async () => {
    const log = await link(broker());
    await failOver();
    const later = await link(broker());
    const outcomes = await Promise.all(
      [1, 2, 3].map(() => outcomeOf(log.link.publish(ROOM, PACKET))),
    );
    expect(outcomes).toEqual(['unknown', 'unknown', 'unknown']);
    await log.isLost();
    expect(later.textsOf(ROOM)).toEqual([]);
  });

  it('is noticed where nothing is published', async () => {
    const log = await link(broker());
    await failOver();
    await log.isLost(1, 5_000);
  });
});

it('publishes nothing where its two connections lead to two servers', async () => {
  const [one, other] = [await server(), await server()];
  const made: Redis[] = [];
  const log = await link(
    new RedisBroker({
      client: () => {
        const client = new Redis({ host: '127.0.0.1', port: one.port, lazyConnect: true });
        made.push(client);
        return client;
      },
    }),
  );
  for (const { options } of made) options.port = other.port;
  made[0]?.disconnect(true);
  await log.isLost();
  await log.isReady();
  await log.link.subscribe([ROOM]);
  expect(await outcomeOf(log.link.publish(ROOM, PACKET))).toBe('accepted');
  await log.hears(ROOM, ['heard']);
});

it('asks the next sentinel where one does not answer', async () => {
  const { port } = await server();
  const [folder, sentinelPort] = [mkdtempSync(join(tmpdir(), 'sentinel-')), await freePort()];
  ends.push(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'sentinel.conf');
  const lines = [
    `port ${sentinelPort}`,
    'bind 127.0.0.1',
    `dir ${folder}`,
    `sentinel monitor main 127.0.0.1 ${port} 1`,
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  const sentinel = await ServerProcess.start({
    command: 'redis-server',
    args: [file, '--sentinel'],
    ready: /\+monitor master/,
  });
  ends.push(() => sentinel.kill());
  const hung = await TcpProxy.open(sentinelPort);
  ends.push(() => hung.close());
  hung.stall();
  const sentinels = [hung.port, sentinelPort].map((at) => ({ host: '127.0.0.1', port: at }));
  const log = await link(
    new RedisBroker({ client: () => new Redis({ sentinels, name: 'main', lazyConnect: true }) }),
  );
  expect(await outcomeOf(log.link.publish(ROOM, PACKET))).toBe('accepted');
}, 20_000);

it('shares no channel with another database', async () => {
  const { url } = await server();
  const kept = { history: { messages: 10, age: 60_000 } };
  const [zero, one] = [
    await link(new RedisBroker({ url })),
    await link(new RedisBroker({ url: `${url}/1` })),
  ];
  await one.link.publish(ROOM, PACKET);
  await one.link.publish(ROOM, PACKET, kept);
  await one.presence.renew('node', 5_000);
  await one.presence.leave('node');
  await one.hears(ROOM, ['heard', 'heard']);
  await zero.link.publish(ROOM, Buffer.from('mine'));
  await zero.hears(ROOM, ['mine']);
  expect([zero.gone, one.textsOf(ROOM)]).toEqual([[], ['heard', 'heard']]);
});
