import type { Type } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import type { PerMessageDeflateOptions } from 'ws';
import type { HandshakeRequest } from '../handles/connection.handles.js';
import type { WebSocketObserver } from '../observers/web-socket.observer.js';
import type { Duration } from './duration.js';
import type { MessageFormat } from './message.format.js';
import type { RoomsModuleOptions } from './rooms.options.js';

export type { Duration };

/** Which way messages go. The enum's values may be written as plain strings. */
export enum WebSocketMode {
  /** Messages come in, results go out. */
  twoWay = 'twoWay',
  /** Messages come in; what the handler returns is dropped. */
  receiveOnly = 'receiveOnly',
  /** The handler runs once, on connect; when its value or stream is done the connection is closed with 1000. */
  sendOnly = 'sendOnly',
}

/** Heartbeat of a connection. */
export interface PingOptions {
  /** Time between two pings. */
  readonly interval: Duration;
  /**
   * How long the pong may take. Default: the interval. Past it, a client that has neither sent nor taken any bytes
   * sees close code 1001.
   */
  readonly timeout?: Duration;
}

/**
 * Which web pages may open a connection. A list holds origins as browsers send them, custom schemes (`app://-`,
 * `file://`) and `'null'` included, and RegExps, which are matched whole and never asked about `null`.
 */
export type OriginPolicy =
  | 'same-origin'
  | '*'
  | readonly (string | RegExp)[]
  | ((origin: string, request: IncomingMessage) => boolean | Promise<boolean>);

/** What happens to messages for a client that reads too slowly. */
export interface BackpressureOptions {
  /** Bytes that may wait in memory for one connection. Default: 1 MiB. */
  readonly highWaterMark?: number;
  /**
   * `'wait'`: senders wait for the drain. `'drop'`: messages above the mark are dropped and counted. `'close'`: the
   * client sees 1008 `Slow consumer` at once. Default: `'wait'`.
   */
  readonly policy?: 'wait' | 'drop' | 'close';
  /**
   * How long something may wait for a client that takes nothing at all, whatever the policy, and below the mark as
   * well; then the client sees 1008 `Slow consumer`. Default: 30 s.
   */
  readonly timeout?: Duration;
  /** With `'wait'`, for senders that do not wait. */
  readonly maxWaiting?: MaxWaitingOptions;
}

/**
 * What may be sent above the mark by those who do not await `send()`, and by Observables. One more: the client sees
 * 1008 `Slow consumer`. Who awaits each send, and streams that are pulled, do not come near it.
 */
export interface MaxWaitingOptions {
  /** Messages. Default: 1,000. */
  readonly messages?: number;
  /** Bytes beyond the mark. Default: as many as the mark. */
  readonly bytes?: number;
}

/** How many messages a client may send; more are answered with close code 1008. */
export interface MessageRateOptions {
  /** Messages within `per`. */
  readonly limit: number;
  /** Length of the window. */
  readonly per: Duration;
}

/** Picks a subprotocol out of the client's list, in the client's order of preference. */
export type SubprotocolChooser = (
  offered: readonly string[],
  request: IncomingMessage,
) => string | false | undefined | Promise<string | false | undefined>;

/** Subprotocol negotiation (RFC 6455 section 1.9). */
export type SubprotocolOptions =
  | readonly string[]
  | SubprotocolChooser
  | {
      /** The protocols this route speaks, or a function that picks one of the client's. */
      readonly supported: readonly string[] | SubprotocolChooser;
      /** Refuse with 400 a client that offers none of them. Default: false, the handshake goes on without one. */
      readonly required?: boolean;
    };

/** What a client sees of an error that no exception filter caught. */
export type ErrorPolicy = 'close' | 'reply';

/** Guards that run again and again on an open connection. */
export interface RecurringGuards {
  /** Longest time from one round to the next, once the one before is over. Each comes up to a fifth earlier, by chance. */
  readonly every: Duration;
}

/**
 * Says when the authentication of a handshake ends: a `Date`, or milliseconds since 1970; `undefined` for never. Its
 * parameter may be narrowed to what guards and middleware made of the request.
 */
export type ExpiryReader = {
  // Only the parameter of a method may be narrowed.
  /**
   * When it ends.
   *
   * @param request As guards and middleware have left it.
   */
  read(request: HandshakeRequest): Date | number | undefined;
}['read'];

/** Options that a route may set for itself; what it leaves out comes from the module. */
export interface ConnectionOptions {
  /** Heartbeat, `false` for none. Default: every 30 s. */
  readonly ping?: Duration | PingOptions | false;
  /**
   * An empty text message when nothing else was sent for so long, or about a quarter longer: web pages cannot see
   * pings. Under `revali.v1` it has no header line. It counts as no message, and is not sent to a client that is behind.
   * Default: `false`, none.
   */
  readonly beat?: Duration | false;
  /** Web pages that may connect; the others are refused with 403. Default: `'same-origin'`. */
  readonly origins?: OriginPolicy;
  /** Largest message in bytes, after inflation; larger ones are answered with close code 1009. Default: 1 MiB. */
  readonly maxPayload?: number;
  /** Deepest nesting of JSON that comes in; deeper is an invalid payload: close code 1007. Default: 1,000. */
  readonly maxDepth?: number;
  /** Slow readers. Default: wait for at most 30 s above 1 MiB. */
  readonly backpressure?: BackpressureOptions;
  /** Most messages a client may send. Default: no limit. */
  readonly messageRate?: MessageRateOptions;
  /**
   * Longest time without a message from the client, or a part of one, while no call runs; then close code 1001.
   * Default: no limit.
   */
  readonly idleTimeout?: Duration;
  /** Longest life of a connection; then close code 1012. Default: no limit. */
  readonly maxLifetime?: Duration;
  /**
   * `'close'`: an uncaught error closes the connection (1007, 1008 or 1011). `'reply'`: it is answered with
   * `{"error": …}` and the connection stays open. Default: `'close'`.
   */
  readonly errors?: ErrorPolicy;
  /**
   * `'connection'`: guards run once, at the handshake. `'message'`: again before each message. `{ every }`: again and
   * again while the connection is open, with the context of the handshake; a refusal closes with 4000 + its status and
   * its message, and guards that take longer than `handshakeTimeout` close with 4408. Default: `'connection'`.
   */
  readonly guards?: 'connection' | 'message' | RecurringGuards;
  /**
   * Asked once, after the guards: when the authentication of the handshake ends, as `WebSocketConnection.expiresAt`,
   * which may be moved later. Then close code 4401 `Authentication expired`. A time that has passed is refused with 401,
   * what is no time with 500. Default: never.
   */
  readonly expires?: ExpiryReader;
}

/** Options of `@WebSocket()`. */
export interface WebSocketRouteOptions extends ConnectionOptions {
  /** Default: `twoWay`. */
  readonly mode?: WebSocketMode | `${WebSocketMode}`;
  /** Run the handler once when the connection opens, with an `undefined` body. Default: false. */
  readonly triggerOnConnect?: boolean;
  /** Default: `'auto'`, the parameter's type decides. */
  readonly format?: MessageFormat;
  /** Messages of one connection that are handled at the same time. Default: 1, strictly in order. */
  readonly concurrency?: number;
  /** Subprotocols. Default: none is chosen. */
  readonly protocols?: SubprotocolOptions;
}

/** Options of `RevaliWsModule.forRoot()`. */
export interface RevaliWsModuleOptions extends ConnectionOptions {
  /**
   * Compression as `ws` offers it. It costs a client-controlled amount of memory and time. Default: false.
   *
   * `'shared'` compresses each message on its own, from 1,024 bytes on. The server then compresses a prepared message,
   * or a broadcast to a room, once for all clients. It stands for `{ serverNoContextTakeover: true,
   * clientNoContextTakeover: true, threshold: 1024, concurrencyLimit: 10 }`.
   */
  readonly perMessageDeflate?: boolean | 'shared' | PerMessageDeflateOptions;
  /** Messages received and not yet started, for one connection; above it nothing is decoded. Default: 64. */
  readonly maxQueuedMessages?: number;
  /**
   * `'http'`: a refused handshake is answered with an HTTP status, which browsers show to nobody: pages see 1006.
   * `'close'`: the socket is opened and at once closed with 4000 + status and the message as reason; nothing else is
   * ever run on it. Malformed upgrades are refused over HTTP all the same. Default: `'http'`.
   */
  readonly refusal?: 'http' | 'close';
  /** Open connections; more are refused with 503 and `Retry-After`. Default: no limit. */
  readonly maxConnections?: number;
  /**
   * Upgrades still in middleware or guards, or left to another listener that has not answered yet; more are refused
   * with 503. Default: 1,000.
   */
  readonly maxPendingHandshakes?: number;
  /** Longest time for middleware and guards; then HTTP 408. Default: 10 s. */
  readonly handshakeTimeout?: Duration;
  /**
   * Longest time for the last messages to leave, or for those that came before the client's close frame, and again
   * for the peer's close frame. Default: 5 s.
   */
  readonly closeTimeout?: Duration;
  /**
   * Longest time that `app.close()` waits for running handlers and clean-ups, and that a clean-up or an observer's
   * `onClose` may take at any time until its connection no longer counts as open. Default: 10 s.
   */
  readonly shutdownTimeout?: Duration;
  /** Observers of every route: classes (injected) or instances. Default: none. */
  readonly observers?: readonly (Type<WebSocketObserver> | WebSocketObserver)[];
  /** See {@link RoomsModuleOptions}. */
  readonly rooms?: RoomsModuleOptions;
}
