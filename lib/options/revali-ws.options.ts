import type { Type } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import type { PerMessageDeflateOptions } from 'ws';
import type { HandshakeRequest } from '../handles/connection.handles.js';
import type { WebSocketObserver } from '../observers/web-socket.observer.js';
import type { Duration } from './duration.js';
import type { MessageFormat } from './message.format.js';
import type { RoomsModuleOptions } from './rooms.options.js';

export type { Duration };

/** The direction of messages. You may write the enum's values as plain strings. */
export enum WebSocketMode {
  /** The client sends messages, and the server sends results. */
  twoWay = 'twoWay',
  /** The client sends messages; the handler's return value is dropped. */
  receiveOnly = 'receiveOnly',
  /** The handler runs once, on connect. When its value or stream is done, the connection closes with 1000. */
  sendOnly = 'sendOnly',
}

/** The heartbeat of a connection. */
export interface PingOptions {
  /** Time between two pings. */
  readonly interval: Duration;
  /**
   * How long the pong may take. After that, a client that has neither sent nor received any bytes sees close code 1001.
   * Default: the interval.
   */
  readonly timeout?: Duration;
}

/**
 * Which web pages may open a connection. A list holds origins as browsers send them, including custom schemes
 * (`app://-`, `file://`) and `'null'`, and RegExps. A RegExp must match the whole origin and is never tested against
 * `null`.
 */
export type OriginPolicy =
  | 'same-origin'
  | '*'
  | readonly (string | RegExp)[]
  | ((origin: string, request: IncomingMessage) => boolean | Promise<boolean>);

/** What happens to messages when a client reads too slowly. */
export interface BackpressureOptions {
  /** Bytes that may wait in memory for one connection. Default: 1 MiB. */
  readonly highWaterMark?: number;
  /**
   * `'wait'`: senders wait until the client catches up. `'drop'`: messages above the mark are dropped and counted.
   * `'close'`: the client sees 1008 `Slow consumer` at once. Default: `'wait'`.
   */
  readonly policy?: 'wait' | 'drop' | 'close';
  /**
   * How long data may wait for a client that reads nothing at all. It applies to every policy, and below the mark as
   * well. After that, the client sees 1008 `Slow consumer`. Default: 30 s.
   */
  readonly timeout?: Duration;
  /** Limits for senders that do not await `send()`, with `'wait'`. */
  readonly maxWaiting?: MaxWaitingOptions;
}

/**
 * What may be sent above the mark by Observables and by callers that do not await `send()`. Beyond
 * that, the client sees 1008 `Slow consumer`. Callers that await each send, and streams that are pulled, never reach
 * this limit.
 */
export interface MaxWaitingOptions {
  /** Messages. Default: 1,000. */
  readonly messages?: number;
  /** Bytes beyond the mark. Default: the mark. */
  readonly bytes?: number;
}

/** How many messages a client may send; more close the connection with 1008. */
export interface MessageRateOptions {
  /** Messages within `per`. */
  readonly limit: number;
  /** Length of the window. */
  readonly per: Duration;
}

/** Picks one of the subprotocols that the client offers, in the client's order of preference. */
export type SubprotocolChooser = (
  offered: readonly string[],
  request: IncomingMessage,
) => string | false | undefined | Promise<string | false | undefined>;

/** Subprotocol negotiation (RFC 6455 section 1.9). */
export type SubprotocolOptions =
  | readonly string[]
  | SubprotocolChooser
  | {
      /** The protocols this route supports, or a function that picks one of the client's. */
      readonly supported: readonly string[] | SubprotocolChooser;
      /**
       * Whether to refuse with 400 a client that offers none of them. Default: false, the handshake goes on without
       * one.
       */
      readonly required?: boolean;
    };

/** What a client sees of an error that no exception filter caught. */
export type ErrorPolicy = 'close' | 'reply';

/** Guards that run repeatedly on an open connection. */
export interface RecurringGuards {
  /**
   * Longest time between two rounds, counted from the end of the first. Each round starts up to a fifth earlier, at
   * random.
   */
  readonly every: Duration;
}

/**
 * Returns when the authentication of a handshake ends: a `Date`, or milliseconds since 1970; `undefined` for never. You
 * may narrow its parameter to the request as your guards and middleware leave it.
 */
export type ExpiryReader = {
  // TypeScript lets you narrow the parameter of a method only.
  /**
   * When the authentication ends.
   *
   * @param request As guards and middleware left it.
   */
  read(request: HandshakeRequest): Date | number | undefined;
}['read'];

/** Options for a route. Options that a route omits come from the module. */
export interface ConnectionOptions {
  /** The heartbeat; `false` turns it off. Default: every 30 s. */
  readonly ping?: Duration | PingOptions | false;
  /**
   * Sends an empty text message after this time without any other message, or up to about a quarter later, because web
   * pages cannot see pings. Under `revali.v1` it has no header line. It does not count as a message, and a client that
   * is behind does not get it. Default: `false`, none.
   */
  readonly beat?: Duration | false;
  /** Web pages that may connect; others are refused with 403. Default: `'same-origin'`. */
  readonly origins?: OriginPolicy;
  /** Largest message in bytes, after inflation; a larger one closes the connection with 1009. Default: 1 MiB. */
  readonly maxPayload?: number;
  /** Deepest nesting of incoming JSON; deeper JSON is an invalid payload: close code 1007. Default: 1,000. */
  readonly maxDepth?: number;
  /** How to treat slow readers. Default: wait for at most 30 s above 1 MiB. */
  readonly backpressure?: BackpressureOptions;
  /** How many messages a client may send. Default: no limit. */
  readonly messageRate?: MessageRateOptions;
  /**
   * Longest time without a message from the client, or a part of one, while no call runs. After that, close code 1001.
   * Default: no limit.
   */
  readonly idleTimeout?: Duration;
  /** Longest life of a connection. After that, close code 1012. Default: no limit. */
  readonly maxLifetime?: Duration;
  /**
   * `'close'`: an uncaught error closes the connection (1007, 1008 or 1011). `'reply'`: the client gets `{"error": …}`
   * and the connection stays open. Default: `'close'`.
   */
  readonly errors?: ErrorPolicy;
  /**
   * `'connection'`: guards run once, at the handshake. `'message'`: they run again before each message. `{ every }`:
   * they run repeatedly while the connection is open, with the context of the handshake. A refusal closes with 4000 +
   * its status and its message; guards that take longer than `handshakeTimeout` close with 4408. Default:
   * `'connection'`.
   */
  readonly guards?: 'connection' | 'message' | RecurringGuards;
  /**
   * Called once, after the guards. It returns when the authentication ends, which becomes
   * `WebSocketConnection.expiresAt` and can be moved later. At that time, the connection closes with 4401
   * `Authentication expired`. A time in the past is refused with 401, an invalid time with 500. Default: never.
   */
  readonly expires?: ExpiryReader;
}

/** Options of `@WebSocket()`. */
export interface WebSocketRouteOptions extends ConnectionOptions {
  /** The direction of messages. Default: `twoWay`. */
  readonly mode?: WebSocketMode | `${WebSocketMode}`;
  /** Whether to run the handler once when the connection opens, with an `undefined` body. Default: false. */
  readonly triggerOnConnect?: boolean;
  /** How payloads become bodies, and results payloads. Default: `'auto'`, their types decide. */
  readonly format?: MessageFormat;
  /** How many messages of one connection are handled at the same time. Default: 1, strictly in order. */
  readonly concurrency?: number;
  /** Subprotocols. Default: none is chosen. */
  readonly protocols?: SubprotocolOptions;
}

/** Options of `RevaliWsModule.forRoot()`. */
export interface RevaliWsModuleOptions extends ConnectionOptions {
  /**
   * Compression, with the options of `ws`. Clients control how much memory and time it costs. Default: false.
   *
   * `'shared'` compresses each message on its own, from 1,024 bytes on. The server then compresses a prepared message,
   * or a broadcast to a room, once for all clients. It means
   * `{ serverNoContextTakeover: true, clientNoContextTakeover: true, threshold: 1024, concurrencyLimit: 10 }`.
   */
  readonly perMessageDeflate?: boolean | 'shared' | PerMessageDeflateOptions;
  /** Messages of one connection that are received but not yet started; above it nothing is decoded. Default: 64. */
  readonly maxQueuedMessages?: number;
  /**
   * `'http'`: a refused handshake is answered with an HTTP status. Browsers hide it: pages see 1006. `'close'`: the
   * socket opens and closes at once with 4000 + status and the message as reason; nothing else runs on it. Malformed
   * upgrades are always refused over HTTP. Default: `'http'`.
   */
  readonly refusal?: 'http' | 'close';
  /** Open connections; more are refused with 503 and `Retry-After`. Default: no limit. */
  readonly maxConnections?: number;
  /**
   * WebSockets that a client may open inside one connection of HTTP/2; more are refused with 503 and `Retry-After`.
   * Browsers open at most 256. Default: 256.
   */
  readonly maxConnectionsPerSession?: number;
  /**
   * Upgrades that are still in middleware or guards, or that wait for an answer from another listener; more are refused
   * with 503. Default: 1,000.
   */
  readonly maxPendingHandshakes?: number;
  /** Longest time for middleware and guards. After that, HTTP 408. Default: 10 s. */
  readonly handshakeTimeout?: Duration;
  /**
   * Longest time for the last messages to leave, or for messages received before the client's close frame; and again
   * for the peer's close frame. Default: 5 s.
   */
  readonly closeTimeout?: Duration;
  /**
   * Longest time that `app.close()` waits for running handlers and clean-ups. At any other time it limits how long a
   * clean-up or an observer's `onClose` can keep its connection counted as open. Default: 10 s.
   */
  readonly shutdownTimeout?: Duration;
  /** Observers of every route: classes (injected) or instances. Default: none. */
  readonly observers?: readonly (Type<WebSocketObserver> | WebSocketObserver)[];
  /** See {@link RoomsModuleOptions}. */
  readonly rooms?: RoomsModuleOptions;
}
