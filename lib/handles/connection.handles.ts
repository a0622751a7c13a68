import type { IncomingHttpHeaders } from 'node:http';
import type { WebSocket } from 'ws';
import type { ConnectionHandshake } from './connection.handshake.js';
import type { PreparedMessage } from './prepared.message.js';
import { SharedClass } from './shared.class.js';

/** The key of the mark. */
export const HANDLE: unique symbol = Symbol.for('nestjs-revali-ws:handle');

const HANDLE_KINDS = ['closer', 'sender', 'cleanUp', 'connection', 'room'] as const;

/** What an undecorated parameter of a handler can stand for. */
export type HandleKind = (typeof HANDLE_KINDS)[number];

/** Identifies a handle class by its mark, even if it comes from the other build of this package. */
export function handleKindOf(type: unknown): HandleKind | undefined {
  const mark: unknown = typeof type === 'function' ? Reflect.get(type, HANDLE) : undefined;
  return HANDLE_KINDS.find((kind) => kind === mark);
}

/** Closes the connection. Declare it as a handler parameter by type, or inject it as a provider. */
@SharedClass('CloseWebSocket')
export abstract class CloseWebSocket {
  /** @internal */
  static readonly [HANDLE]: HandleKind = 'closer';

  /**
   * Starts closing the connection. Messages that have not started are dropped; the results of this handler call are
   * still sent, then the close frame. Bounded by `closeTimeout`. The first close wins; later calls have no effect.
   *
   * @param code 1000-1003, 1007-1014 or 3000-4999 (RFC 6455 section 7.4). Default: 1000.
   * @param reason Cut to 123 UTF-8 bytes. Default: `Closed by the server`.
   * @throws InvalidCloseCodeException for another code; the connection stays open.
   */
  abstract close(code?: number, reason?: string): void;
}

/** Sends messages at any time. Declare it as a handler parameter by type, or inject it as a provider. */
@SharedClass('AsyncWebSocketSender')
export abstract class AsyncWebSocketSender<T = unknown> {
  /** @internal */
  static readonly [HANDLE]: HandleKind = 'sender';

  /**
   * Sends one message, encoded like a return value. Resolves when the socket can take more; after the end of the
   * connection it resolves and does nothing.
   *
   * @throws UnserializableMessageException (as a rejection) if the value cannot be encoded.
   */
  abstract send(data: T | PreparedMessage<T>): Promise<void>;

  /**
   * Encodes and frames one message for many connections. Later changes to the value do not affect the message. Works at
   * any time, even after the end of the connection.
   *
   * @throws UnserializableMessageException if the value cannot be encoded, or is `undefined`, which is never sent.
   */
  abstract prepare<V extends T>(value: V): PreparedMessage<V>;
}

/** Callbacks for the end of the connection. Declare it as a handler parameter by type, or inject it as a provider. */
@SharedClass('CleanUp')
export abstract class CleanUp {
  /** @internal */
  static readonly [HANDLE]: HandleKind = 'cleanUp';

  /**
   * Runs the callback once when the connection ends, after callbacks that were added before. If one throws, the error
   * is logged and the others still run. After the end, the callback runs at once.
   */
  abstract add(callback: () => unknown): void;
}

/** The handshake request of the HTTP platform; narrow it to Express' or Fastify's own type. */
export interface HandshakeRequest {
  /** Path and query, as the client sent them. */
  readonly url: string;
  /** Keyed by lower-case name. */
  readonly headers: IncomingHttpHeaders;
}

/**
 * One client's connection. Declare it as a handler parameter by type or through `@Connection()`, or inject it as a
 * provider. In the message phase, it is the client: `context.switchToWs().getClient()`.
 *
 * @typeParam TData What the application keeps in {@link WebSocketConnection.data}.
 */
@SharedClass('WebSocketConnection')
export abstract class WebSocketConnection<TData extends object = Record<string, unknown>> {
  /** @internal */
  static readonly [HANDLE]: HandleKind = 'connection';

  /** Random and unique. */
  abstract readonly id: string;
  /** The handshake request: Express' `Request` or Fastify's `FastifyRequest`. */
  abstract readonly request: HandshakeRequest;
  /** The request again, under the names that code for socket.io gateways expects. */
  abstract readonly handshake: ConnectionHandshake;
  /** Headers of the handshake request, by lower-case name. */
  abstract readonly headers: IncomingHttpHeaders;
  /** Path parameters. */
  abstract readonly params: Readonly<Record<string, string | string[]>>;
  /** The chosen subprotocol, or an empty string. */
  abstract readonly protocol: string;
  /** The application's own values, kept for the life of the connection. */
  abstract readonly data: TData;
  /**
   * Aborted when the connection ends. If only streams are running, it is aborted as soon as the close begins, which
   * stops them.
   *
   * Node reports an exception in a listener, which ends the process. For code that may throw, use `onClose()`, whose
   * callbacks cannot do that.
   */
  abstract readonly signal: AbortSignal;
  /**
   * When the client's authentication ends; `undefined` for never. At that time, the connection closes with 4401
   * `Authentication expired`, as through {@link WebSocketConnection.close}: running calls may finish.
   *
   * You may set it at any time to a `Date` or to milliseconds since 1970: later, earlier, or to `undefined`. A time in
   * the past closes at once. Its initial value comes from the option `expires`, if the route has one.
   *
   * @throws InvalidExpiryException for an invalid time; the previous time stays.
   */
  abstract get expiresAt(): Date | undefined;
  /** See the getter. */
  abstract set expiresAt(value: Date | number | undefined);
  /** Bytes that wait in memory to be sent. */
  abstract readonly bufferedAmount: number;
  /** Whether you can still send messages. */
  abstract readonly isOpen: boolean;
  /** The raw socket of `ws`; `undefined` until the handshake is done. Using it bypasses order and back-pressure. */
  abstract readonly socket: WebSocket | undefined;
  /** See {@link AsyncWebSocketSender.send}. */
  abstract send(data: unknown): Promise<void>;
  /** See {@link AsyncWebSocketSender.prepare}. */
  abstract prepare<T>(value: T): PreparedMessage<T>;
  /** See {@link CloseWebSocket.close}. */
  abstract close(code?: number, reason?: string): void;
  /**
   * Runs the callback once when the connection ends. See {@link CleanUp.add}.
   *
   * @throws TypeError if the callback is not a function.
   */
  abstract onClose(callback: () => unknown): void;
}
