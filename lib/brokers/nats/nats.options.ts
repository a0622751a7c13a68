import type { NatsConnection, NodeConnectionOptions } from '@nats-io/transport-node';
import { InvalidWebSocketOptionException } from '../../errors/revali-ws.exceptions.js';
import { BROKER } from './nats.errors.js';

/** How JetStream stores history and presence. */
export interface NatsJetStreamOptions {
  /** Servers of the cluster that store each message. Default: 1. */
  readonly replicas?: number;
  /** Where servers store it. Default: `'file'`. */
  readonly storage?: 'file' | 'memory';
  /**
   * Milliseconds that a silent room keeps its position, so that clients resume without a gap. The server keeps the
   * room's last messages for as long, but does not deliver those older than the `age` of their kind. Default: a day. At
   * least two minutes.
   */
  readonly placeAge?: number;
}

/** The transport's options that the broker sets itself. */
type Decided =
  | 'maxReconnectAttempts'
  | 'noEcho'
  | 'reconnect'
  | 'reconnectDelayHandler'
  | 'reconnectJitter'
  | 'reconnectJitterTLS'
  | 'reconnectTimeWait'
  | 'reconnectToServer'
  | 'servers'
  | 'waitOnFirstConnect';

/**
 * How to connect to NATS, and what to use. All options of `connect()` in `@nats-io/transport-node` for credentials and
 * TLS are passed on.
 */
export interface NatsBrokerOptions extends Omit<NodeConnectionOptions, Decided> {
  /** One server or the servers of one cluster, such as `nats://host:4222`. Default: `'localhost:4222'`. */
  readonly servers?: string | readonly string[];
  /**
   * Creates the connection, instead of `servers` and the options that are passed on. It is called again each time a
   * link is lost, and must return a new connection each time. The broker owns the connections, and closes them.
   */
  readonly connect?: () => NatsConnection | Promise<NatsConnection>;
  /** History and presence, which JetStream keeps. Default: `false`, neither. */
  readonly jetStream?: boolean | NatsJetStreamOptions;
}

export interface ResolvedJetStream {
  readonly replicas: number;
  readonly storage: 'file' | 'memory';
  /** Milliseconds. */
  readonly placeAge: number;
}

export interface ResolvedNatsOptions {
  /** `undefined`: the transport's `connect()` is used. */
  readonly connect: NatsBrokerOptions['connect'];
  readonly connection: NodeConnectionOptions;
  readonly jetStream: ResolvedJetStream | undefined;
}

const JET_STREAM = ['replicas', 'storage', 'placeAge'];
const DAY = 24 * 60 * 60 * 1_000;
/** Within this time, in ms, the same id is accepted once. */
export const DUPLICATE_WINDOW = 2 * 60 * 1_000;
/** Milliseconds between pings: missing answers reveal a black hole after two pings at the latest. */
const PING_INTERVAL = 5_000;
/** Milliseconds that a server may take to answer a connection. */
const CONNECT_TIMEOUT = 5_000;
const DECIDED = /^(maxReconnectAttempts|noEcho|reconnect\w*|waitOnFirstConnect)$/;

/** @throws InvalidWebSocketOptionException */
export function resolveNatsOptions(options: NatsBrokerOptions): ResolvedNatsOptions {
  assertObject('options', options, "Use an object, as { servers: 'nats://localhost:4222' }.");
  const { servers, connect, jetStream, ...passedOn } = options;
  for (const [name, value] of Object.entries(passedOn))
    if (DECIDED.test(name))
      refuse(
        name,
        value,
        'Leave it out: the broker reconnects automatically, however long it takes.',
      );
  if (connect !== undefined)
    assertFactory(connect, Object.keys({ ...passedOn, ...(servers && { servers }) }));
  return {
    connect,
    connection: {
      name: 'nestjs-revali-ws',
      pingInterval: PING_INTERVAL,
      maxPingOut: 1,
      timeout: CONNECT_TIMEOUT,
      ...passedOn,
      ...(servers !== undefined && { servers: serversFrom(servers) }),
      reconnect: false,
    },
    jetStream: jetStreamFrom(jetStream),
  };
}

function refuse(option: string, value: unknown, cure: string): never {
  throw new InvalidWebSocketOptionException(`new ${BROKER}()`, option, value, cure);
}

function assertObject(option: string, value: unknown, cure: string): asserts value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    refuse(option, value, cure);
}

function assertFactory(connect: unknown, others: readonly string[]): void {
  if (typeof connect !== 'function')
    refuse('connect', connect, 'Use a function, as () => connect({ servers, authenticator }).');
  if (others.length > 0)
    refuse('connect', connect, `Leave ${others.join(', ')} out: the function says it all.`);
}

function serversFrom(servers: unknown): string | string[] {
  if (isServer(servers)) return servers;
  if (Array.isArray(servers) && servers.length > 0 && servers.every(isServer)) return servers;
  return refuse('servers', servers, "Use one as 'nats://localhost:4222', or a list of them.");
}

const isServer = (server: unknown): server is string =>
  typeof server === 'string' && server.trim() !== '';

function jetStreamFrom(value: unknown): ResolvedJetStream | undefined {
  if (value === undefined || value === false) return undefined;
  const options = value === true ? {} : value;
  assertObject('jetStream', options, 'Use true, false, or an object, as { replicas: 3 }.');
  for (const [name, option] of Object.entries(options))
    if (!JET_STREAM.includes(name))
      refuse(
        `jetStream.${name}`,
        option,
        `There is no such option; use one of ${JET_STREAM.join(', ')}.`,
      );
  const { replicas = 1, storage = 'file', placeAge = DAY }: NatsJetStreamOptions = options;
  if (!isInteger(replicas, 1, 5))
    refuse('jetStream.replicas', replicas, 'Use a number of servers from 1 to 5.');
  if (storage !== 'file' && storage !== 'memory')
    refuse('jetStream.storage', storage, "Use 'file' or 'memory'.");
  if (!isInteger(placeAge, DUPLICATE_WINDOW, Number.MAX_SAFE_INTEGER / 1_000_000))
    refuse('jetStream.placeAge', placeAge, `Use milliseconds, at least ${DUPLICATE_WINDOW}.`);
  return { replicas, storage, placeAge };
}

const isInteger = (value: unknown, min: number, max: number): boolean =>
  Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max;
