import type { ClientOptions, ConnectOptions, RetryOptions } from './client.types.js';
import type { MessageFormat } from './message.format.js';
import type { Params, Query, RouteSettings } from './route.types.js';
import type { QueueLimits } from './outgoing.js';

/** The arguments of `connect()` for any route. */
export interface Given extends ConnectOptions {
  readonly params?: Params;
  readonly query?: Query;
}

/** Settings of one connection, with every default filled in. */
export interface ConnectionSettings
  extends Omit<ClientOptions, 'retry' | 'queue'>, Omit<Given, 'retry' | 'queue'> {
  readonly retry: Required<Omit<RetryOptions, 'when'>> & Pick<RetryOptions, 'when'>;
  readonly queue: QueueLimits;
  readonly format: MessageFormat;
  readonly silence: number | false;
  readonly buffer: number;
  readonly highWaterMark: number;
  readonly connectTimeout: number;
  readonly route: RouteSettings;
}

const MIB = 2 ** 20;
const DEFAULTS = {
  format: 'auto',
  silence: false,
  buffer: 1_024,
  highWaterMark: MIB,
  connectTimeout: 15_000,
  retry: {},
};
const RETRY = { base: 2_000, max: 15_000, attempts: Infinity, stableAfter: 5_000 };
const QUEUE = { messages: 100, bytes: MIB, age: 30_000 };

/** Merges the layers: a later one overrides those before it, except with `undefined`. */
export const layered = <Whole>(...layers: (object | undefined)[]): Whole =>
  Object.fromEntries(
    layers
      .flatMap((layer): [string, unknown][] => Object.entries(layer ?? {}))
      .filter(([, value]) => value !== undefined),
  ) as Whole;

/** Options of the connection override those of the client, which override those of the server. */
export function settingsOf(path: string, client: ClientOptions, own: Given): ConnectionSettings {
  const route = client.routes?.[path];
  const all = layered<ConnectionSettings>(DEFAULTS, route, client, own);
  return {
    ...all,
    route: route ?? {},
    retry: layered(RETRY, all.retry || { attempts: 0 }),
    queue: layered(QUEUE, all.queue),
  };
}
