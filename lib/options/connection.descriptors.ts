import type { OptionDescriptor } from './option.descriptor.js';
import type { OptionReader } from './option.reader.js';
import { cureOfEntry } from './origin.form.js';
import type {
  BackpressureOptions,
  Duration,
  ExpiryReader,
  MaxWaitingOptions,
  MessageRateOptions,
  OriginPolicy,
  PingOptions,
  RecurringGuards,
} from './revali-ws.options.js';

/** A heartbeat, in ms. */
export interface ResolvedPing {
  /** Time between two pings. */
  readonly interval: number;
  /** How long the pong may take. */
  readonly timeout: number;
}

/** What happens to messages when a client reads too slowly. */
export interface ResolvedBackpressure {
  /** Bytes that may wait in memory for one connection. */
  readonly highWaterMark: number;
  /** What happens above the mark. */
  readonly policy: 'wait' | 'drop' | 'close';
  /** How long data may wait, in ms, for a client that reads nothing. */
  readonly timeout: number;
  /** Limits for senders that do not await `send()`, with `'wait'`. */
  readonly maxWaiting: ResolvedMaxWaiting;
}

/** What may be sent above the mark without waiting for room. */
export interface ResolvedMaxWaiting {
  /** Messages. */
  readonly messages: number;
  /** Bytes beyond the mark. */
  readonly bytes: number;
}

/** How many messages a client may send. */
export interface ResolvedMessageRate {
  /** Messages within `per`. */
  readonly limit: number;
  /** Length of the window, in ms. */
  readonly per: number;
}

const INTERVAL = 30_000;
const MARK = 1024 * 1024;
const ORIGINS_CURE = "Use 'same-origin', '*', a list of origins and RegExps, or a function.";

export const ping = {
  unit: 'time, `{ interval, timeout }` or `false`',
  default: { interval: INTERVAL, timeout: INTERVAL },
  read(reader, name, value): ResolvedPing | false {
    if (value === false) return false;
    if (!isPingOptions(value)) {
      const interval = reader.duration(name, value, INTERVAL);
      return { interval, timeout: interval };
    }
    reader.knownKeys(value, ['interval', 'timeout'], `${name}.`);
    if (value.interval === undefined)
      reader.refuse(`${name}.interval`, undefined, "Use milliseconds or a string such as '5s'.");
    const interval = reader.duration(`${name}.interval`, value.interval, INTERVAL);
    return { interval, timeout: reader.duration(`${name}.timeout`, value.timeout, interval) };
  },
} satisfies OptionDescriptor<Duration | PingOptions | false, ResolvedPing | false>;

export const beat = {
  unit: 'time or `false`',
  default: false,
  read: (reader, name, value): number | false =>
    value === false ? false : reader.duration(name, value, INTERVAL),
} satisfies OptionDescriptor<Duration | false, number | false>;

function isPingOptions(value: unknown): value is PingOptions {
  return typeof value === 'object' && value !== null;
}

export const origins: OptionDescriptor<OriginPolicy> = {
  unit: "`'same-origin'`, `'*'`, a list of origins and RegExps, or a function",
  default: 'same-origin',
  read(reader, name, value) {
    if (typeof value === 'function' || value === '*' || value === 'same-origin') return value;
    if (!isList(value)) return reader.refuse(name, value, ORIGINS_CURE);
    for (const entry of value) {
      const cure = cureOfEntry(entry);
      if (cure !== undefined) reader.refuse(name, entry, cure);
    }
    return value;
  },
};

/** Unlike `Array.isArray()`, this keeps the known type of the items. */
function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

export const backpressure: OptionDescriptor<BackpressureOptions, ResolvedBackpressure> = {
  unit: '`{ highWaterMark, policy, timeout, maxWaiting }`: bytes, policy, time, `{ messages, bytes }`',
  default: {
    highWaterMark: MARK,
    policy: 'wait',
    timeout: 30_000,
    maxWaiting: { messages: 1_000, bytes: MARK },
  },
  read(reader, name, value, fallback) {
    reader.knownKeys(value, ['highWaterMark', 'policy', 'timeout', 'maxWaiting'], `${name}.`);
    const { maxWaiting } = fallback;
    const mark = reader.integer(
      `${name}.highWaterMark`,
      value.highWaterMark,
      fallback.highWaterMark,
    );
    const policies = ['wait', 'drop', 'close'] as const;
    return {
      highWaterMark: mark,
      policy: reader.oneOf(`${name}.policy`, value.policy, policies, fallback.policy),
      timeout: reader.duration(`${name}.timeout`, value.timeout, fallback.timeout),
      maxWaiting: readMaxWaiting(reader, `${name}.maxWaiting`, value.maxWaiting, {
        messages: maxWaiting.messages,
        // A limit taken from the module's mark follows the route's mark.
        bytes: maxWaiting.bytes === fallback.highWaterMark ? mark : maxWaiting.bytes,
      }),
    };
  },
};

function readMaxWaiting(
  reader: OptionReader,
  name: string,
  value: MaxWaitingOptions | undefined,
  fallback: ResolvedMaxWaiting,
): ResolvedMaxWaiting {
  if (value === undefined) return fallback;
  reader.knownKeys(value, ['messages', 'bytes'], `${name}.`);
  return {
    messages: reader.integer(`${name}.messages`, value.messages, fallback.messages, 0),
    bytes: reader.integer(`${name}.bytes`, value.bytes, fallback.bytes, 0),
  };
}

export const messageRate: OptionDescriptor<MessageRateOptions, ResolvedMessageRate | undefined> = {
  unit: '`{ limit, per }`: messages in a time',
  default: undefined,
  read(reader, name, value) {
    reader.knownKeys(value, ['limit', 'per'], `${name}.`);
    if (value.limit === undefined)
      reader.refuse(`${name}.limit`, undefined, 'Use an integer of at least 1.');
    if (value.per === undefined)
      reader.refuse(`${name}.per`, undefined, "Use milliseconds or a string such as '1s'.");
    return {
      limit: reader.integer(`${name}.limit`, value.limit, 1),
      per: reader.duration(`${name}.per`, value.per, 1_000),
    };
  },
};

/** Guards that run repeatedly, in ms. */
export interface ResolvedRecurringGuards {
  /** Longest time between two rounds. */
  readonly every: number;
}

const GUARDS_CURE = "Use 'connection', 'message' or { every: '5m' }.";

export const guards: OptionDescriptor<
  'connection' | 'message' | RecurringGuards,
  'connection' | 'message' | ResolvedRecurringGuards
> = {
  unit: "`'connection'`, `'message'` or `{ every }`: a time",
  default: 'connection',
  read(reader, name, value) {
    if (value === 'connection' || value === 'message') return value;
    if (typeof value !== 'object' || value === null) return reader.refuse(name, value, GUARDS_CURE);
    reader.knownKeys(value, ['every'], `${name}.`);
    if (value.every === undefined)
      reader.refuse(`${name}.every`, undefined, "Use milliseconds or a string such as '5m'.");
    return { every: reader.duration(`${name}.every`, value.every, INTERVAL) };
  },
};

export const expires: OptionDescriptor<ExpiryReader, ExpiryReader | undefined> = {
  unit: 'function',
  default: undefined,
  read(reader, name, value) {
    reader.syncFunc(name, value);
    return value;
  },
};
