import type { ClientOptions, ConnectOptions, RetryOptions } from './client.types.js';
import type { MessageFormat } from './message.format.js';
import type { Query, RouteSettings } from './route.types.js';
import type { QueueLimits } from './send.queue.js';

/** What one connection keeps to, with every default in place. */
export interface ConnectionSettings extends Pick<ConnectOptions, 'auth' | 'resume'> {
  readonly retry: Required<Omit<RetryOptions, 'when'>> & Pick<RetryOptions, 'when'>;
  readonly queue: QueueLimits;
  readonly format: MessageFormat;
  readonly silence: number | false;
  readonly buffer: number;
  readonly highWaterMark: number;
  readonly connectTimeout: number;
  readonly protocols: readonly string[];
  readonly query: Query | undefined;
  readonly route: RouteSettings;
}

const MIB = 2 ** 20;
const RETRY = { base: 2_000, max: 15_000, attempts: Infinity, stableAfter: 5_000 };
const QUEUE = { messages: 100, bytes: MIB, age: 30_000 };

/** What is said of the connection goes before what is said of all. */
export function settingsOf(
  path: string,
  client: ClientOptions,
  own: ConnectOptions & { readonly query?: Query },
): ConnectionSettings {
  const route: RouteSettings = client.routes?.[path] ?? {};
  const retry = own.retry ?? client.retry;
  return {
    auth: own.auth ?? client.auth,
    resume: own.resume ?? client.resume,
    format: own.format ?? client.format ?? route.format ?? 'auto',
    silence: own.silence ?? client.silence ?? route.silence ?? false,
    buffer: own.buffer ?? client.buffer ?? 1_024,
    highWaterMark: own.highWaterMark ?? client.highWaterMark ?? MIB,
    connectTimeout: own.connectTimeout ?? client.connectTimeout ?? 15_000,
    retry: { ...RETRY, ...(retry === false ? { attempts: 0 } : retry) },
    queue: { ...QUEUE, ...(own.queue ?? client.queue) },
    protocols: [own.protocols ?? []].flat(),
    query: own.query,
    route,
  };
}
