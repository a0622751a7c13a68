import { Redis } from 'ioredis';
import { Redis as Redis5 } from 'ioredis-5';
import { RedisBroker, type RedisBrokerOptions } from 'nestjs-revali-ws/redis';
import { brokerContract } from 'nestjs-revali-ws/testing';

import { RedisServer } from '../../support/servers/redis-server.js';

const servers: RedisServer[] = [];
const nth = (index: number): RedisServer => {
  const server = servers[index];
  if (!server) throw new Error(`server ${index} has not started`);
  return server;
};

beforeAll(async () => {
  servers.push(...(await Promise.all([1, 2, 3].map(() => RedisServer.start()))));
});

afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()));
});

/** As `brokerContract()` names its tests before a server has started. */
function contractOf(title: string, optionsOf: () => RedisBrokerOptions): void {
  describe(title, () => {
    brokerContract(
      () => new RedisBroker(servers.length === 0 ? { url: 'redis://later' } : optionsOf()),
    );
  });
}

contractOf('a URL, with ioredis 6 and so RESP3', () => ({ url: nth(0).url }));

contractOf('ioredis 6 with RESP2', () => ({
  client: () => new Redis(nth(0).url, { protocol: 2, lazyConnect: true }),
}));

contractOf('ioredis 6 with RESP3 and its shapes', () => ({
  client: () => new Redis(nth(0).url, { protocol: 3, replyMapping: 'resp3' }),
}));

contractOf('ioredis 5', () => ({ client: () => new Redis5(nth(0).url) }));

contractOf('several servers', () => ({ servers: servers.map(({ url }) => url) }));
