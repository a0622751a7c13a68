import { Redis } from 'ioredis';

/** What a command takes. */
export type RedisArgument = string | Buffer | number;

/** What the broker uses of a client: a `Redis` of ioredis, version 5 or 6. */
export interface RedisClient {
  /** `'ready'` where commands can be sent. */
  readonly status: string;
  /** As they were given; the broker sets those that it depends on. */
  readonly options: object;
  /** True for a `Cluster`, which the broker does not take. */
  readonly isCluster?: boolean;
  /** Resolves when it is ready. */
  connect(): Promise<unknown>;
  /** Ends the connection. @param reconnect Whether it comes back by itself. */
  disconnect(reconnect?: boolean): void;
  /** Sends a command, and leaves the bytes of its answer as they are. */
  callBuffer(command: string, args: RedisArgument[]): Promise<unknown>;
  /** Listens to an event. */
  on(event: string, listener: (...values: never[]) => void): unknown;
  /** Listens no more. */
  off(event: string, listener: (...values: unknown[]) => void): unknown;
}

/** Milliseconds of silence after which a link is taken for dead. */
const SOCKET_TIMEOUT = 5_000;
/** Milliseconds that a sentinel may take to answer before the next one is asked: without it, one that hangs is waited for forever. */
const SENTINEL_TIMEOUT = 2_000;
/** Milliseconds that a socket may take to end: nothing is under way any more. */
const DISCONNECT_TIMEOUT = 500;
const MIN_DELAY = 50;
const MAX_DELAY = 2_000;

/** Milliseconds until the next try: many applications that have lost one server do not come back at once. */
export const retryDelay = (tries: number): number =>
  Math.min(MAX_DELAY, MIN_DELAY * 2 ** Math.min(tries, 10)) * (0.5 + Math.random() / 2);

/** Whatever the client was made with: a command is answered, or rejected when its link breaks, and never repeated. */
const REQUIRED = {
  autoResubscribe: false,
  autoResendUnfulfilledCommands: false,
  enableAutoPipelining: false,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  socketTimeout: SOCKET_TIMEOUT,
  stringNumbers: false,
};

/** @param url `redis://` or `rediss://`. What its query says comes before what the client is made with. */
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

/** Which one its keys are in. */
export function databaseOf({ options }: RedisClient): number {
  const database = Number(Reflect.get(options, 'db') ?? 0);
  return Number.isSafeInteger(database) ? database : 0;
}

/** A client of the application's own making. */
export function adopt(client: RedisClient): RedisClient {
  const ownTimeout: unknown = Reflect.get(client.options, 'sentinelCommandTimeout');
  const sentinelCommandTimeout = ownTimeout ?? SENTINEL_TIMEOUT;
  Object.assign(client.options, REQUIRED, { sentinelCommandTimeout });
  return client;
}

/** Ends what a factory has made, and the broker does not take: it may be connecting already. */
export function endUnused(made: unknown): void {
  const end = (client: unknown): void => {
    if (!isClient(client)) return;
    // Without it, the client would write to the console what its socket says in the end.
    client.on('error', () => undefined);
    client.disconnect();
  };
  if (made instanceof Promise) made.then(end, () => undefined);
  else end(made);
}

/** Whether it has what the broker calls. */
export const isClient = (made: unknown): made is RedisClient =>
  typeof made === 'object' &&
  made !== null &&
  ['callBuffer', 'connect', 'disconnect', 'on', 'off'].every(
    (name) => typeof Reflect.get(made, name) === 'function',
  );
