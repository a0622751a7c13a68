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

/** Recognises a handle's class by its mark, also where it comes from the other build of this package. */
export function handleKindOf(type: unknown): HandleKind | undefined {
  const mark: unknown = typeof type === 'function' ? Reflect.get(type, HANDLE) : undefined;
  return HANDLE_KINDS.find((kind) => kind === mark);
}

/** Closes the connection. A parameter of a handler by its type, or a provider to inject. */
@SharedClass('CloseWebSocket')
export abstract class CloseWebSocket {
  /** @internal */
  static readonly [HANDLE]: HandleKind = 'closer';

  /**
   * Starts the end of the connection: messages not yet started are dropped, what this call of the handler still
   * returns is sent, then the close frame. Bounded by `closeTimeout`. The first close wins; later calls change
   * nothing.
   *
   * @param code 1000-1003, 1007-1014 or 3000-4999 (RFC 6455 section 7.4). Default: 1000.
   * @param reason Cut to 123 UTF-8 bytes. Default: `Closed by the server`.
   * @throws InvalidCloseCodeException for another code; the connection goes on.
   */
  abstract close(code?: number, reason?: string): void;
}

/** Sends messages at any time. A parameter of a handler by its type, or a provider to inject. */
@SharedClass('AsyncWebSocketSender')
export abstract class AsyncWebSocketSender<T = unknown> {
  /** @internal */
  static readonly [HANDLE]: HandleKind = 'sender';

  /**
   * Sends one message, encoded as a returned value would be. Resolves when the socket can take more; after the end
   * of the connection it resolves and does nothing.
   *
   * @throws UnserializableMessageException (as a rejection) where the value cannot be encoded.
   */
  abstract send(data: T | PreparedMessage<T>): Promise<void>;

  /**
   * Encodes and frames one message for many connections. What changes in the value afterwards changes nothing in the
   * message. Works at any time, also after the end of the connection.
   *
   * @throws UnserializableMessageException where the value cannot be encoded, and for `undefined`, which is never sent.
   */
  abstract prepare<V extends T>(value: V): PreparedMessage<V>;
}

/** Callbacks for the end of the connection. A parameter of a handler by its type, or a provider to inject. */
@SharedClass('CleanUp')
export abstract class CleanUp {
  /** @internal */
  static readonly [HANDLE]: HandleKind = 'cleanUp';

  /**
   * Runs the callback once when the connection ends, after those that were added before. One that throws is
   * logged and does not keep the others from running. After the end it runs at once.
   */
  abstract add(callback: () => unknown): void;
}

/** The handshake request as the HTTP platform hands it out; narrow it to Express' or Fastify's own type. */
export interface HandshakeRequest {
  /** Path and query, as the client wrote them. */
  readonly url: string;
  /** By lower-case name. */
  readonly headers: IncomingHttpHeaders;
}

/**
 * One client's connection. A parameter of a handler by its type or through `@Connection()`, a provider to inject,
 * and the client of the message phase (`context.switchToWs().getClient()`).
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
  /** The request once more, under the names that code for socket.io's gateways looks for. */
  abstract readonly handshake: ConnectionHandshake;
  /** Of the handshake request, by lower-case name. */
  abstract readonly headers: IncomingHttpHeaders;
  /** Path parameters. */
  abstract readonly params: Readonly<Record<string, string | string[]>>;
  /** The chosen subprotocol, or an empty string. */
  abstract readonly protocol: string;
  /** The application's own values, for as long as the connection lives. */
  abstract readonly data: TData;
  /**
   * Aborted when the connection ends, and by a close already where nothing runs but streams that it stops.
   *
   * An exception in a listener is Node's to report, and ends the process. For code that may throw use
   * `onClose()`, whose callbacks are contained.
   */
  abstract readonly signal: AbortSignal;
  /**
   * When the authentication of the client ends; `undefined` for never. Then it is closed with 4401
   * `Authentication expired`, as by {@link WebSocketConnection.close}: calls that run may finish.
   *
   * May be set at any time, to a `Date` or to milliseconds since 1970: later, earlier, or to `undefined`. A time that
   * has passed closes at once. Of the option `expires`, where the route has one.
   *
   * @throws InvalidExpiryException for what is no time, and nothing changes.
   */
  abstract get expiresAt(): Date | undefined;
  /** See the getter. */
  abstract set expiresAt(value: Date | number | undefined);
  /** Bytes that wait in memory to be sent. */
  abstract readonly bufferedAmount: number;
  /** Whether messages can still be sent. */
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
   * @throws TypeError for what is no function.
   */
  abstract onClose(callback: () => unknown): void;
}
