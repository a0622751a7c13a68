import { cureOfEntry } from './options/origin.form.js';
import { OptionReader } from './option.reader.js';
import {
  DEFAULTS,
  WebSocketMode,
  type BackpressureOptions,
  type ConnectionOptions,
  type ErrorPolicy,
  type MaxWaitingOptions,
  type MessageFormat,
  type MessageRateOptions,
  type OriginPolicy,
  type PingOptions,
  type RevaliWsModuleOptions,
  type SubprotocolChooser,
  type SubprotocolOptions,
  type WebSocketRouteOptions,
} from './revali-ws.options.js';

/** Options with every default in place. Times in ms, sizes in bytes; `undefined` means no limit. */
export interface ResolvedConnectionOptions {
  /** Heartbeat; `false` for none. */
  readonly ping: ResolvedPing | false;
  /** Web pages that may connect. */
  readonly origins: OriginPolicy;
  /** Largest message. */
  readonly maxPayload: number;
  /** Deepest nesting of JSON that comes in. */
  readonly maxDepth: number;
  /** Slow readers. */
  readonly backpressure: ResolvedBackpressure;
  /** Most messages of one client. */
  readonly messageRate: ResolvedMessageRate | undefined;
  /** Longest time without a message from the client. */
  readonly idleTimeout: number | undefined;
  /** Longest life of a connection. */
  readonly maxLifetime: number | undefined;
  /** What the client sees of an uncaught error. */
  readonly errors: ErrorPolicy;
}

/** A heartbeat, in ms. */
export interface ResolvedPing {
  /** Time between two pings. */
  readonly interval: number;
  /** How long the pong may take. */
  readonly timeout: number;
}

/** What happens to messages for a client that reads too slowly. */
export interface ResolvedBackpressure {
  /** Bytes that may wait in memory for one connection. */
  readonly highWaterMark: number;
  /** What happens above the mark. */
  readonly policy: 'wait' | 'drop' | 'close';
  /** Milliseconds that something may wait for a client that takes nothing. */
  readonly timeout: number;
  /** With `'wait'`, for senders that do not wait. */
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

/** Subprotocol negotiation. */
export interface ResolvedSubprotocols {
  /** Picks one of the client's. */
  readonly choose: SubprotocolChooser;
  /** Whether a client that offers none of them is refused with 400. */
  readonly required: boolean;
}

/** The options of one route, with every default in place. */
export interface ResolvedRouteOptions extends ResolvedConnectionOptions {
  /** Which way messages go. */
  readonly mode: `${WebSocketMode}`;
  /** Whether the handler runs once when the connection opens. */
  readonly triggerOnConnect: boolean;
  /** How payloads are read and written. */
  readonly format: MessageFormat;
  /** Messages of one connection that are handled at the same time. */
  readonly concurrency: number;
  /** Subprotocols; `undefined` where none is chosen. */
  readonly protocols: ResolvedSubprotocols | undefined;
  /** When guards run. */
  readonly guards: 'connection' | 'message';
}

/** What routes and gateways have in common. */
export interface ResolvedServerOptions extends ResolvedConnectionOptions {
  readonly perMessageDeflate: NonNullable<RevaliWsModuleOptions['perMessageDeflate']>;
  readonly refusal: 'http' | 'close';
  readonly maxQueuedMessages: number;
  readonly maxConnections: number | undefined;
  readonly maxPendingHandshakes: number;
  readonly handshakeTimeout: number;
  readonly closeTimeout: number;
  readonly shutdownTimeout: number;
}

export interface ResolvedModuleOptions extends ResolvedServerOptions {
  readonly observers: NonNullable<RevaliWsModuleOptions['observers']>;
}

const CONNECTION_KEYS = [
  'ping',
  'origins',
  'maxPayload',
  'maxDepth',
  'backpressure',
  'messageRate',
  'idleTimeout',
  'maxLifetime',
  'errors',
];
const ROUTE_KEYS = [
  ...CONNECTION_KEYS,
  'mode',
  'triggerOnConnect',
  'format',
  'concurrency',
  'protocols',
  'guards',
];
export const SERVER_KEYS = [
  ...CONNECTION_KEYS,
  'perMessageDeflate',
  'refusal',
  'maxQueuedMessages',
  'maxConnections',
  'maxPendingHandshakes',
  'handshakeTimeout',
  'closeTimeout',
  'shutdownTimeout',
];
const MODULE_KEYS = [...SERVER_KEYS, 'observers'];

const FORMATS = ['auto', 'raw', 'text', 'json', 'binary'] as const;

const NO_LIMITS: ResolvedConnectionOptions = {
  ping: { interval: DEFAULTS.ping, timeout: DEFAULTS.ping },
  origins: DEFAULTS.origins,
  maxPayload: DEFAULTS.maxPayload,
  maxDepth: DEFAULTS.maxDepth,
  backpressure: {
    highWaterMark: DEFAULTS.highWaterMark,
    policy: DEFAULTS.backpressurePolicy,
    timeout: DEFAULTS.backpressureTimeout,
    maxWaiting: { messages: DEFAULTS.maxWaitingMessages, bytes: DEFAULTS.highWaterMark },
  },
  messageRate: undefined,
  idleTimeout: undefined,
  maxLifetime: undefined,
  errors: DEFAULTS.errors,
};

/** @throws InvalidWebSocketOptionException */
export function resolveModuleOptions(options: RevaliWsModuleOptions): ResolvedModuleOptions {
  const reader = new OptionReader('RevaliWsModule.forRoot()');
  reader.knownKeys(options, MODULE_KEYS);
  const observers = options.observers ?? [];
  if (!Array.isArray(observers))
    reader.refuse('observers', observers, 'Use a list of classes or instances.');
  return { ...resolveServerOptions(reader, options), observers };
}

/** @throws InvalidWebSocketOptionException */
export function resolveServerOptions(
  reader: OptionReader,
  options: Omit<RevaliWsModuleOptions, 'observers'>,
): ResolvedServerOptions {
  return {
    ...resolveConnectionOptions(reader, options, NO_LIMITS),
    perMessageDeflate: options.perMessageDeflate ?? false,
    refusal: reader.oneOf('refusal', options.refusal, ['http', 'close'], DEFAULTS.refusal),
    maxQueuedMessages: reader.integer(
      'maxQueuedMessages',
      options.maxQueuedMessages,
      DEFAULTS.maxQueuedMessages,
    ),
    maxConnections: reader.optionalInteger('maxConnections', options.maxConnections),
    maxPendingHandshakes: reader.integer(
      'maxPendingHandshakes',
      options.maxPendingHandshakes,
      DEFAULTS.maxPendingHandshakes,
    ),
    handshakeTimeout: reader.duration(
      'handshakeTimeout',
      options.handshakeTimeout,
      DEFAULTS.handshakeTimeout,
    ),
    closeTimeout: reader.duration('closeTimeout', options.closeTimeout, DEFAULTS.closeTimeout),
    shutdownTimeout: reader.duration(
      'shutdownTimeout',
      options.shutdownTimeout,
      DEFAULTS.shutdownTimeout,
    ),
  };
}

/**
 * @param where Names the route in refusals, as `ChatController.join()`.
 * @throws InvalidWebSocketOptionException
 */
export function resolveRouteOptions(
  where: string,
  options: WebSocketRouteOptions,
  module: ResolvedModuleOptions,
): ResolvedRouteOptions {
  const reader = new OptionReader(where);
  reader.knownKeys(options, ROUTE_KEYS);
  return {
    ...resolveConnectionOptions(reader, options, module),
    mode: reader.oneOf('mode', options.mode, Object.values(WebSocketMode), WebSocketMode.twoWay),
    triggerOnConnect: reader.boolean('triggerOnConnect', options.triggerOnConnect, false),
    format: resolveFormat(reader, options.format),
    concurrency: reader.integer('concurrency', options.concurrency, 1),
    protocols: resolveProtocols(reader, options.protocols),
    guards: reader.oneOf('guards', options.guards, ['connection', 'message'], 'connection'),
  };
}

function resolveConnectionOptions(
  reader: OptionReader,
  options: ConnectionOptions,
  fallback: ResolvedConnectionOptions,
): ResolvedConnectionOptions {
  return {
    ping: resolvePing(reader, options.ping, fallback.ping),
    origins: resolveOrigins(reader, options.origins, fallback.origins),
    maxPayload: reader.integer('maxPayload', options.maxPayload, fallback.maxPayload),
    maxDepth: reader.integer('maxDepth', options.maxDepth, fallback.maxDepth),
    backpressure: resolveBackpressure(reader, options.backpressure, fallback.backpressure),
    messageRate: resolveMessageRate(reader, options.messageRate) ?? fallback.messageRate,
    idleTimeout:
      reader.optionalDuration('idleTimeout', options.idleTimeout) ?? fallback.idleTimeout,
    maxLifetime:
      reader.optionalDuration('maxLifetime', options.maxLifetime) ?? fallback.maxLifetime,
    errors: reader.oneOf('errors', options.errors, ['close', 'reply'], fallback.errors),
  };
}

function resolvePing(
  reader: OptionReader,
  ping: ConnectionOptions['ping'],
  fallback: ResolvedConnectionOptions['ping'],
): ResolvedConnectionOptions['ping'] {
  if (ping === undefined) return fallback;
  if (ping === false) return false;
  if (!isPingOptions(ping)) {
    const interval = reader.duration('ping', ping, DEFAULTS.ping);
    return { interval, timeout: interval };
  }
  reader.knownKeys(ping, ['interval', 'timeout'], 'ping.');
  if (ping.interval === undefined)
    reader.refuse('ping.interval', undefined, "Use milliseconds or a text such as '5s'.");
  const interval = reader.duration('ping.interval', ping.interval, DEFAULTS.ping);
  return { interval, timeout: reader.duration('ping.timeout', ping.timeout, interval) };
}

function isPingOptions(ping: unknown): ping is PingOptions {
  return typeof ping === 'object' && ping !== null;
}

function resolveOrigins(
  reader: OptionReader,
  origins: OriginPolicy | undefined,
  fallback: OriginPolicy,
): OriginPolicy {
  if (origins === undefined) return fallback;
  if (typeof origins === 'function' || origins === '*' || origins === 'same-origin') return origins;
  if (!isList(origins)) {
    return reader.refuse(
      'origins',
      origins,
      "Use 'same-origin', '*', a list of origins and RegExps, or a function.",
    );
  }
  for (const entry of origins) {
    const cure = cureOfEntry(entry);
    if (cure !== undefined) reader.refuse('origins', entry, cure);
  }
  return origins;
}

/** Unlike `Array.isArray()`, keeps what is known of the items. */
function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

function resolveBackpressure(
  reader: OptionReader,
  options: BackpressureOptions | undefined,
  fallback: ResolvedConnectionOptions['backpressure'],
): ResolvedConnectionOptions['backpressure'] {
  if (options === undefined) return fallback;
  reader.knownKeys(options, ['highWaterMark', 'policy', 'timeout', 'maxWaiting'], 'backpressure.');
  const highWaterMark = reader.integer(
    'backpressure.highWaterMark',
    options.highWaterMark,
    fallback.highWaterMark,
  );
  return {
    highWaterMark,
    policy: reader.oneOf(
      'backpressure.policy',
      options.policy,
      ['wait', 'drop', 'close'],
      fallback.policy,
    ),
    timeout: reader.duration('backpressure.timeout', options.timeout, fallback.timeout),
    maxWaiting: resolveMaxWaiting(reader, options.maxWaiting, highWaterMark, fallback),
  };
}

function resolveMaxWaiting(
  reader: OptionReader,
  options: MaxWaitingOptions | undefined,
  highWaterMark: number,
  fallback: ResolvedBackpressure,
): ResolvedMaxWaiting {
  const { messages, bytes } = fallback.maxWaiting;
  // What follows the module's mark follows the route's.
  const ownBytes = bytes === fallback.highWaterMark ? highWaterMark : bytes;
  if (options === undefined) return { messages, bytes: ownBytes };
  const prefix = 'backpressure.maxWaiting';
  reader.knownKeys(options, ['messages', 'bytes'], `${prefix}.`);
  return {
    messages: reader.integer(`${prefix}.messages`, options.messages, messages, 0),
    bytes: reader.integer(`${prefix}.bytes`, options.bytes, ownBytes, 0),
  };
}

function resolveMessageRate(
  reader: OptionReader,
  options: MessageRateOptions | undefined,
): ResolvedConnectionOptions['messageRate'] {
  if (options === undefined) return undefined;
  reader.knownKeys(options, ['limit', 'per'], 'messageRate.');
  if (options.limit === undefined)
    reader.refuse('messageRate.limit', undefined, 'Use an integer of at least 1.');
  if (options.per === undefined)
    reader.refuse('messageRate.per', undefined, "Use milliseconds or a text such as '1s'.");
  return {
    limit: reader.integer('messageRate.limit', options.limit, 1),
    per: reader.duration('messageRate.per', options.per, 1_000),
  };
}

function resolveFormat(reader: OptionReader, format: MessageFormat | undefined): MessageFormat {
  if (typeof format === 'object' && format !== null) {
    for (const name of ['decode', 'encode'] as const) reader.func(`format.${name}`, format[name]);
    return format;
  }
  return reader.oneOf('format', format, FORMATS, 'auto');
}

function resolveProtocols(
  reader: OptionReader,
  protocols: SubprotocolOptions | undefined,
): ResolvedSubprotocols | undefined {
  if (protocols === undefined) return undefined;
  if (isRequirement(protocols)) {
    reader.knownKeys(protocols, ['supported', 'required'], 'protocols.');
    return {
      choose: toChooser(reader, protocols.supported),
      required: reader.boolean('protocols.required', protocols.required, false),
    };
  }
  return { choose: toChooser(reader, protocols), required: false };
}

function isRequirement(
  protocols: SubprotocolOptions,
): protocols is Exclude<SubprotocolOptions, readonly string[] | SubprotocolChooser> {
  return typeof protocols === 'object' && protocols !== null && !Array.isArray(protocols);
}

function toChooser(
  reader: OptionReader,
  supported: readonly string[] | SubprotocolChooser,
): SubprotocolChooser {
  if (typeof supported === 'function') return supported;
  if (!Array.isArray(supported))
    return reader.refuse('protocols', supported, 'Use a list of names or a function.');
  for (const name of supported) {
    // RFC 6455 section 4.1: a token of RFC 9110, since it is written into a header.
    if (typeof name !== 'string' || !/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) {
      reader.refuse('protocols', name, 'Use names made of letters, digits and -._~+!#$&.');
    }
  }
  return (offered) => offered.find((name) => supported.includes(name));
}
