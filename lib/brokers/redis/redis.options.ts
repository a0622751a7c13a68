import { InvalidWebSocketOptionException } from '../../errors/revali-ws.exceptions.js';
import { adopt, clientOf, endUnused, isClient, type RedisClient } from './redis.client.js';
import { BROKER } from './redis.errors.js';
import type { ReplicaDemand } from './replica.wait.js';

/** How to connect to Redis, and how to use it. One of `url`, `servers`, and `client` is required. */
export interface RedisBrokerOptions {
  /** One server, such as `redis://user:password@host:6379/0`; `rediss://` for TLS. */
  readonly url?: string;
  /**
   * Several independent servers: hashing assigns each room to one, and a server that is down takes only its own rooms
   * with it. All applications must list the same servers, in any order, with the same host and port.
   */
  readonly servers?: readonly string[];
  /**
   * Creates the clients, for Sentinel, TLS with your own certificates, or a managed server. It is called twice, and
   * must return another `Redis` of ioredis each time. The broker owns them: it sets the options that it depends on, and
   * ends them.
   */
  readonly client?: () => RedisClient;
  /**
   * Replicas that must have a message of a room with history before its `broadcast()` resolves. If fewer have it after
   * `replicaTimeout`, `broadcast()` rejects with `BrokerUnavailableException` and `outcome: 'unknown'`: the message was
   * published, and a failover may still lose it. While replicas are missing, every command of this application to the
   * server waits. Default: 0.
   */
  readonly waitReplicas?: number;
  /** Milliseconds that `waitReplicas` may take, at most 3,000. Default: 1,000. */
  readonly replicaTimeout?: number;
}

/** One server. */
export interface RedisTarget {
  /** The name in errors and for hashing: without secrets. */
  readonly name: string;
  /** One for commands, one for subscriptions. @throws InvalidWebSocketOptionException, with nothing left open */
  readonly createClients: () => readonly [RedisClient, RedisClient];
}

export interface ResolvedRedisOptions {
  readonly targets: readonly RedisTarget[];
  readonly replicas: ReplicaDemand | undefined;
}

const KNOWN = ['url', 'servers', 'client', 'waitReplicas', 'replicaTimeout'];
const URL_CURE = "Use one as 'redis://localhost:6379'.";
const PREFIX_CURE = 'Leave out keyPrefix, and use rooms.prefix instead.';
const DATABASE = /^\/?\d*$/;
const REPLICA_TIMEOUT = 1_000;
const MAX_REPLICA_TIMEOUT = 3_000;

/** @throws InvalidWebSocketOptionException */
export function resolveRedisOptions(options: RedisBrokerOptions): ResolvedRedisOptions {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    refuse('options', options, "Use an object, as { url: 'redis://localhost:6379' }.");
  for (const [name, value] of Object.entries(options))
    if (!KNOWN.includes(name))
      refuse(name, value, `There is no such option; use one of ${KNOWN.join(', ')}.`);
  return { targets: targetsOf(options), replicas: replicasOf(options) };
}

function refuse(option: string, value: unknown, cure: string): never {
  throw new InvalidWebSocketOptionException(`new ${BROKER}()`, option, value, cure);
}

function targetsOf({ url, servers, client }: RedisBrokerOptions): RedisTarget[] {
  const given = Object.entries({ url, servers, client }).filter(([, value]) => value !== undefined);
  if (given.length !== 1) {
    const names = given.map(([name]) => name).join(', ');
    refuse('url', url, `Say one of url, servers and client; said: ${names || 'none'}.`);
  }
  if (client !== undefined) return [factoryTarget(client)];
  if (url !== undefined) return [urlTarget('url', url)];
  if (!Array.isArray(servers) || servers.length === 0)
    refuse('servers', servers, "Use a list of URLs, as ['redis://one:6379', 'redis://two:6379'].");
  // A list may have holes, which map() skips.
  const targets = Array.from(servers, (server, index) => urlTarget(`servers[${index}]`, server));
  targets.forEach(({ name }, index) => {
    if (targets.findIndex((other) => other.name === name) < index)
      refuse(`servers[${index}]`, name, 'Name each server once.');
  });
  return targets;
}

function urlTarget(option: string, url: unknown): RedisTarget {
  if (typeof url !== 'string' || !URL.canParse(url)) refuse(option, hidden(url), URL_CURE);
  const { protocol, hostname, port, pathname, searchParams } = new URL(url);
  if (!['redis:', 'rediss:'].includes(protocol) || hostname === '')
    refuse(option, hidden(url), URL_CURE);
  if (!DATABASE.test(pathname))
    refuse(option, hidden(url), 'Give the database as a number, as in redis://localhost:6379/1.');
  if (searchParams.has('keyPrefix')) refuse(option, hidden(url), PREFIX_CURE);
  const database = Number(pathname.slice(1));
  const create = (): RedisClient => clientOf(url);
  return {
    // Applications that state the default port and those that do not mean the same server.
    name: `${hostname}:${port || 6379}${database === 0 ? '' : `/${database}`}`,
    createClients: () => [create(), create()],
  };
}

/** Errors must not show passwords, even if the value is not a valid URL. */
const hidden = (url: unknown): unknown =>
  typeof url === 'string'
    ? url.replace(/^(\w+:\/\/)?.*@/s, '$1***@').replace(/(password=)[^&]*/gi, '$1***')
    : url;

function factoryTarget(client: () => RedisClient): RedisTarget {
  if (typeof client !== 'function')
    refuse('client', client, 'Use a function, as () => new Redis({ sentinels, name }).');
  return {
    name: 'the server of the option "client"',
    createClients() {
      const first = madeBy(client);
      try {
        return [first, madeBy(client)];
      } catch (error) {
        endUnused(first);
        throw error;
      }
    },
  };
}

/** Clients of all brokers: a client that serves one link cannot serve another. */
const used = new WeakSet<RedisClient>();

function madeBy(client: () => RedisClient): RedisClient {
  const made = client();
  if (used.has(made))
    refuse(
      'client',
      client,
      'Create another client on each call: one cannot do both of its tasks.',
    );
  try {
    assertClient(made);
  } catch (error) {
    endUnused(made);
    throw error;
  }
  used.add(made);
  return adopt(made);
}

function assertClient(made: unknown): asserts made is RedisClient {
  const isObject = typeof made === 'object' && made !== null;
  if (isObject && Reflect.get(made, 'isCluster') === true)
    refuse(
      'client',
      'a Cluster',
      'Redis Cluster is not supported: name independent servers with the option "servers" instead.',
    );
  if (!isClient(made))
    refuse('client', made, 'Return a Redis of the package ioredis, not a promise of one.');
  const prefix: unknown = Reflect.get(Object(made.options), 'keyPrefix');
  if (typeof prefix === 'string' && prefix !== '')
    refuse('client', { keyPrefix: prefix }, PREFIX_CURE);
}

function replicasOf({
  waitReplicas = 0,
  replicaTimeout = REPLICA_TIMEOUT,
}: RedisBrokerOptions): ReplicaDemand | undefined {
  if (!Number.isSafeInteger(waitReplicas) || waitReplicas < 0)
    refuse('waitReplicas', waitReplicas, 'Use a number of replicas, or 0.');
  if (
    !Number.isSafeInteger(replicaTimeout) ||
    replicaTimeout < 1 ||
    replicaTimeout > MAX_REPLICA_TIMEOUT
  )
    refuse('replicaTimeout', replicaTimeout, `Use milliseconds from 1 to ${MAX_REPLICA_TIMEOUT}.`);
  return waitReplicas === 0 ? undefined : { count: waitReplicas, timeout: replicaTimeout };
}
