import { Cluster, Redis } from 'ioredis';
import { InvalidWebSocketOptionException, UnusableBrokerException } from 'nestjs-revali-ws';
import { RedisBroker } from 'nestjs-revali-ws/redis';

import { BrokerLog, outcomeOf } from '../../support/records/broker-log.js';
import { RedisServer } from '../../support/servers/redis-server.js';
import { freePort } from '../../support/servers/server.process.js';

/** As JavaScript, or a value of the type `any`, gives them. */
function make(options: unknown): RedisBroker {
  const made: unknown = Reflect.construct(RedisBroker, [options]);
  if (made instanceof RedisBroker) return made;
  throw new Error('no broker');
}

const connect = (options: unknown): Promise<BrokerLog> => BrokerLog.connect(make(options));

const WRONG: [options: unknown, message: RegExp][] = [
  [undefined, /the option "options" is undefined\. Use an object/],
  [null, /the option "options" is null\. Use an object/],
  ['redis://localhost', /the option "options" is 'redis:\/\/localhost'\. Use an object/],
  [{}, /Say one of url, servers and client; said: none/],
  [
    { url: 'redis://a', servers: ['redis://b'] },
    /Say one of url, servers and client; said: url, servers/,
  ],
  [
    { uri: 'redis://a' },
    /the option "uri" is 'redis:\/\/a'\. There is no such option; use one of url/,
  ],
  [{ url: 6379 }, /the option "url" is 6379\. Use one as 'redis:\/\/localhost:6379'/],
  [{ url: 'localhost:6379' }, /the option "url" is 'localhost:6379'/],
  [{ url: 'http://ann:secret@a' }, /the option "url" is 'http:\/\/\*\*\*@a'/],
  [{ url: 'ann:secret@a:6379' }, /the option "url" is '\*\*\*@a:6379'/],
  [{ url: 'redis:ann:secret@a' }, /the option "url" is '\*\*\*@a'/],
  [{ url: 'http://a?password=secret' }, /the option "url" is 'http:\/\/a\?password=\*\*\*'/],
  [{ url: 'redis://a/blue' }, /the option "url" is 'redis:\/\/a\/blue'\. Give the database as/],
  [{ url: 'redis://a?keyPrefix=x' }, /Leave out keyPrefix, and use rooms\.prefix/],
  [{ servers: 'redis://a' }, /the option "servers" is 'redis:\/\/a'\. Use a list of URLs/],
  [{ servers: [] }, /the option "servers" is \[\]\. Use a list of URLs/],
  [{ servers: ['redis://a', 5] }, /the option "servers\[1\]" is 5/],
  [
    { servers: ['redis://a', 'redis://ann:secret@a:6379'] },
    /the option "servers\[1\]" is 'a:6379'\. Name each server once/,
  ],
  [
    { servers: ['redis://a', 'redis://a/0'] },
    /the option "servers\[1\]" is 'a:6379'\. Name each server once/,
  ],
  [{ servers: Object.assign([], { length: 2 }) }, /the option "servers\[0\]" is undefined/],
  [{ client: 5 }, /the option "client" is 5\. Use a function/],
  [{ url: 'redis://a', waitReplicas: '1' }, /the option "waitReplicas" is '1'/],
  [{ url: 'redis://a', waitReplicas: -1 }, /the option "waitReplicas" is -1/],
  [{ url: 'redis://a', replicaTimeout: 60_000 }, /the option "replicaTimeout" is 60000/],
];

describe('options of RedisBroker', () => {
  it.each(WRONG)('names option, value and cure: %o', (options, message) => {
    expect(() => make(options)).toThrow(InvalidWebSocketOptionException);
    expect(() => make(options)).toThrow(message);
  });

  it('takes a database, a user and TLS in a URL', () => {
    for (const url of ['redis://a', 'redis://:secret@a:1/3', 'rediss://ann:secret@a.example'])
      expect(make({ url })).toMatchObject({ name: 'RedisBroker' });
  });

  it('names what is wrong with the clients of a factory', async () => {
    const shared = new Redis({ lazyConnect: true });
    const factories: [() => unknown, RegExp][] = [
      [() => undefined, /the option "client" is undefined\. Return a Redis of the package ioredis/],
      [
        () => Promise.resolve(shared),
        /Return a Redis of the package ioredis, not a promise of one/,
      ],
      [() => ({ publish: () => 1 }), /Return a Redis of the package ioredis/],
      [() => shared, /Create another client on each call/],
      [
        () => new Redis({ lazyConnect: true, keyPrefix: 'x:' }),
        /keyPrefix: 'x:'.*use rooms\.prefix/,
      ],
      [
        () => new Cluster([{ host: '127.0.0.1', port: 1 }], { lazyConnect: true }),
        /a Cluster'\. Redis Cluster is not supported: name independent servers with the option "servers"/,
      ],
    ];
    for (const [client, message] of factories)
      await expect(connect({ client })).rejects.toThrow(message);
    shared.disconnect();
  });
});

/** Redis itself would add 10,000 to its port for the bus, which a client may have. */
async function clusterNode(): Promise<RedisServer> {
  const bus = String(await freePort());
  return RedisServer.start({ settings: ['--cluster-enabled', 'yes', '--cluster-port', bus] });
}

describe('a Redis that cannot be used', () => {
  let server: RedisServer | undefined;
  let other: RedisServer | undefined;

  afterEach(async () => {
    await server?.stop();
    await other?.stop();
  });

  const refusal = async (url: string): Promise<unknown> =>
    connect({ url }).then(
      () => 'taken',
      (error: unknown) => error,
    );

  it('is a node of a Redis Cluster', async () => {
    server = await clusterNode();
    const error = await refusal(server.url);
    expect(error).toBeInstanceOf(UnusableBrokerException);
    expect(String(error)).toContain(
      `RedisBroker: 127.0.0.1:${server.port} is a node of a Redis Cluster. Use independent servers instead: ` +
        "new RedisBroker({ servers: ['redis://one:6379', 'redis://two:6379'] }).",
    );
  });

  it('is a replica', async () => {
    server = await RedisServer.start();
    other = await RedisServer.start({ replicaOf: server.port });
    const error = await refusal(other.url);
    expect(error).toBeInstanceOf(UnusableBrokerException);
    expect(String(error)).toContain(
      `127.0.0.1:${other.port} is a replica of 127.0.0.1:${server.port}. Name the master`,
    );
  });

  it('is not one of several, though the others can be used', async () => {
    server = await RedisServer.start();
    other = await clusterNode();
    const error = await connect({ servers: [server.url, other.url] }).catch(
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(UnusableBrokerException);
  });

  it('becomes a replica, and is lost until it is the master again', async () => {
    server = await RedisServer.start();
    other = await RedisServer.start();
    const log = await connect({ url: server.url });
    const admin = new Redis(server.url);
    try {
      await admin.replicaof('127.0.0.1', other.port);
      expect(await outcomeOf(log.link.publish('chat/blue', Buffer.from('1')))).toBe('unknown');
      await log.isLost();
      const kept = { history: { messages: 1, age: 1_000 } };
      expect(await outcomeOf(log.link.publish('chat/blue', Buffer.from('1'), kept))).toBe(
        'refused',
      );
      await log.isLost();
      await admin.replicaof('NO', 'ONE');
      await log.isReady();
      expect(await outcomeOf(log.link.publish('chat/blue', Buffer.from('1'), kept))).toBe(
        'accepted',
      );
    } finally {
      admin.disconnect();
      await log.close();
    }
  });
});
