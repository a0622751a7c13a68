import type { IncomingMessage } from 'node:http';
import type { PerMessageDeflateOptions, ServerOptions } from 'ws';
import {
  boolean,
  type OptionDescriptor,
  type OptionTable,
  type Resolved,
} from '../options/option.descriptor.js';
import { SERVER_OPTIONS } from '../options/options.table.js';
import type { RevaliWsModuleOptions } from '../options/revali-ws.options.js';
import {
  resolveOptions,
  type ResolvedServerOptions,
} from '../options/revali-ws.options.resolver.js';

/** The content of a text frame, or of a binary one. */
export type GatewayFrame = string | Buffer;

/**
 * Parses a frame. If it returns nothing, or throws, the frame is dropped, counted, and logged at debug level.
 *
 * @example
 * ```ts
 * new RevaliWsAdapter(app, {
 *   messageParser: (frame) => {
 *     const [event, data] = JSON.parse(frame.toString());
 *     return { event, data };
 *   },
 * });
 * ```
 */
export type GatewayMessageParser = (frame: GatewayFrame) =>
  | {
      /** Selects the `@SubscribeMessage()`. */
      readonly event: unknown;
      /** The value of its `@MessageBody()`. */
      readonly data?: unknown;
    }
  | undefined
  | null
  | void;

/** The options of the module that also apply to gateways. */
export type GatewayServerOptions = Omit<
  RevaliWsModuleOptions,
  'beat' | 'errors' | 'expires' | 'guards' | 'observers' | 'rooms'
>;

/**
 * Options of {@link RevaliWsAdapter}: those of the module, with the same defaults, and two more. For gateways,
 * `maxQueuedMessages` is the number of handler calls of one client that may run at once, with `maxPayload` bytes of
 * messages in total. Back-pressure `'wait'` starts no call above the mark, and lets `client.send()` exceed it by 15
 * times `maxWaiting`: by default, at most 16 marks are filled.
 */
export interface RevaliWsAdapterOptions extends GatewayServerOptions {
  /** Whether `app.setGlobalPrefix()` applies to the paths of gateways. Default: false, as for Nest's adapters. */
  readonly globalPrefix?: boolean;
  /** Default: JSON of the form `{"event": …, "data": …}`. */
  readonly messageParser?: GatewayMessageParser;
}

/** What `@WebSocketGateway()` may set for its server; the rest comes from the adapter. */
export interface GatewayOptions extends Pick<
  ServerOptions,
  'verifyClient' | 'handleProtocols' | 'skipUTF8Validation' | 'autoPong'
> {
  /** The path for clients, with parameters as in a route. Default: every path that nobody else serves. */
  readonly path?: string;
  /** Refused: see {@link UnsupportedNamespaceException}. */
  readonly namespace?: unknown;
  /** An existing server. */
  readonly server?: unknown;
  /** Largest message in bytes; a larger one closes the connection with 1009. Default: the adapter's. */
  readonly maxPayload?: number;
  /** Compression, with the options of `ws`. Default: the adapter's. */
  readonly perMessageDeflate?: boolean | 'shared' | PerMessageDeflateOptions;
}

/** The upgrade request of a gateway's client. */
export interface GatewayRequest extends IncomingMessage {
  /** Parameters of the gateway's path. */
  params: Readonly<Record<string, string | string[]>>;
}

// Nest's WebSocket filter answers the errors of gateways, and their guards run before each message.
const { beat, errors, expires, guards, ...SHARED_OPTIONS } = SERVER_OPTIONS;

const messageParser: OptionDescriptor<GatewayMessageParser, GatewayMessageParser | undefined> = {
  unit: 'function',
  default: undefined,
  read(reader, name, value) {
    reader.func(name, value);
    return value;
  },
};

/** Options of the adapter. */
export const ADAPTER_OPTIONS = {
  ...SHARED_OPTIONS,
  globalPrefix: boolean(false),
  messageParser,
} satisfies OptionTable<RevaliWsAdapterOptions>;

export interface ResolvedAdapterOptions
  extends ResolvedServerOptions, Resolved<RevaliWsAdapterOptions, typeof ADAPTER_OPTIONS> {}

/** @throws InvalidWebSocketOptionException */
export function resolveAdapterOptions(options: RevaliWsAdapterOptions): ResolvedAdapterOptions {
  const resolved = resolveOptions('new RevaliWsAdapter()', ADAPTER_OPTIONS, options);
  return {
    ...resolved,
    beat: beat.default,
    errors: errors.default,
    expires: expires.default,
    guards: guards.default,
  };
}

/** The part of the module's options that also applies to gateways. */
export function gatewayOptionsOf(options: RevaliWsModuleOptions): GatewayServerOptions {
  const { observers: _ofRoutes, rooms: _too, ...rest } = options;
  const { beat: _also, errors: _likewise, expires: _as, guards: _well, ...shared } = rest;
  return shared;
}
