import { Redis } from 'ioredis';

/** An argument of a command. */
export type RedisArgument = string | Buffer | number;

/** The parts of a client that the broker uses: a `Redis` of ioredis, version 5 or 6. */
export interface RedisClient {
  /** `'ready'` if commands can be sent. */
  readonly status: string;
  /** As given; the broker sets those that it depends on. */
  readonly options: object;
  /** True for a `Cluster`, which the broker does not accept. */
  readonly isCluster?: boolean;
  /** Resolves when it is ready. */
  connect(): Promise<unknown>;
  /** Ends the connection. @param reconnect Whether to reconnect automatically. */
  disconnect(reconnect?: boolean): void;
  /** Sends a command, and returns the answer as raw bytes. */
  callBuffer(command: string, args: RedisArgument[]): Promise<unknown>;
  /** Adds a listener for an event. */
  on(event: string, listener: (...values: never[]) => void): unknown;
  /** Removes a listener. */
  off(event: string, listener: (...values: unknown[]) => void): unknown;
}

/** Milliseconds of silence after which a link counts as dead. */
const SOCKET_TIMEOUT = 5_000;
/**
 * Milliseconds that a sentinel may take to answer before the next one is asked; without it, a sentinel that hangs would
 * block forever.
 */
const SENTINEL_TIMEOUT = 2_000;
/** Milliseconds that a socket may take to end: no commands are in progress any more. */
const DISCONNECT_TIMEOUT = 500;
const MIN_DELAY = 50;
const MAX_DELAY = 2_000;

/** Milliseconds until the next attempt, spread so that many applications do not return to a lost server at once. */
export const retryDelay = (tries: number): number =>
  Math.min(MAX_DELAY, MIN_DELAY * 2 ** Math.min(tries, 10)) * (0.5 + Math.random() / 2);

/** Overrides the client's own options: a command is answered, or rejected when its link breaks, and never repeated. */
const REQUIRED = {
  autoResubscribe: false,
  autoResendUnfulfilledCommands: false,
  enableAutoPipelining: false,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  socketTimeout: SOCKET_TIMEOUT,
  stringNumbers: false,
};

/** @param url `redis://` or `rediss://`. Its query takes precedence over the client's options. */
export const clientOf = (url: string): RedisClient =>
  adopt(
    new Redis(url, {
      connectTimeout: SOCKET_TIMEOUT,
      connectionName: 'nestjs-revali-ws',
      disconnectTimeout: DISCONNECT_TIMEOUT,
      lazyConnect: true,
      retryStrategy: retryDelay,
    }),
  );

/** The database that holds its keys. */
export function databaseOf({ options }: RedisClient): number {
  const database = Number(Reflect.get(options, 'db') ?? 0);
  return Number.isSafeInteger(database) ? database : 0;
}

/** Takes over a client that the application created. */
export function adopt(client: RedisClient): RedisClient {
  const ownTimeout: unknown = Reflect.get(client.options, 'sentinelCommandTimeout');
  const sentinelCommandTimeout = ownTimeout ?? SENTINEL_TIMEOUT;
  Object.assign(client.options, REQUIRED, { sentinelCommandTimeout });
  return client;
}

/** Ends a client that a factory created but the broker does not accept: it may already be connecting. */
export function endUnused(made: unknown): void {
  const end = (client: unknown): void => {
    if (!isClient(client)) return;
    // Without it, the client would log its socket's last error to the console.
    client.on('error', () => undefined);
    client.disconnect();
  };
  if (made instanceof Promise) made.then(end, () => undefined);
  else end(made);
}

/** Whether it has the methods that the broker calls. */
export const isClient = (made: unknown): made is RedisClient =>
  typeof made === 'object' &&
  made !== null &&
  ['callBuffer', 'connect', 'disconnect', 'on', 'off'].every(
    (name) => typeof Reflect.get(made, name) === 'function',
  );
