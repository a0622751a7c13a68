import type { IncomingHttpHeaders } from 'node:http';
import { isArrayBuffer } from 'node:util/types';
import { assertCallback, CleanUpList } from '../close/clean-up.list.js';
import { CloseCode, isSendableCloseCode } from '../close/close.code.js';
import { closeFrame } from '../close/close.frame.js';
import { expiryTimeOf } from '../connection/expiry.js';
import {
  InvalidCloseCodeException,
  NoConnectionException,
} from '../errors/revali-ws.exceptions.js';
import { WebSocketConnection, type HandshakeRequest } from '../handles/connection.handles.js';
import { RequestHandshake, type ConnectionHandshake } from '../handles/connection.handshake.js';
import type { PreparedMessage } from '../handles/prepared.message.js';
import { outgoingEncoderOf } from '../send/message.encoder.js';
import { BareRecord } from '../values/bare.record.js';
import type { ClosedWith } from './closed-with.js';
import { handled } from './deadline.js';
import { RecordedMessage } from './recorded.message.js';

/** What a fake handshake request holds; `user`, `session`, and so on are as your application sets them. */
export interface FakeRequest {
  /** Default: `'/'`. */
  readonly url?: string;
  /** Default: none. As in Node, they are found by their lower-case names, however you write them here. */
  readonly headers?: IncomingHttpHeaders;
  /** Values that middleware and guards would add. */
  readonly [name: string]: unknown;
}

/** Options of {@link fakeConnection}. */
export interface FakeConnectionOptions {
  /** Default: `'fake'`. */
  readonly id?: string;
  /** The handshake request. Default: `/` without headers. */
  readonly request?: FakeRequest;
  /** Path parameters. Default: none. */
  readonly params?: Readonly<Record<string, string | string[]>>;
  /** The chosen subprotocol. Default: none. */
  readonly protocol?: string;
  /**
   * Pass `false` for a connection as guards and observers of the handshake get it.
   *
   * @default true
   */
  readonly isOpen?: boolean;
}

const encode = outgoingEncoderOf('auto');

/**
 * A connection without a client, for unit tests. You can also pass it to a handler that takes an `AsyncWebSocketSender`
 * or a `CloseWebSocket`.
 */
export class FakeWebSocketConnection<
  TData extends object = Record<string, unknown>,
> extends WebSocketConnection<TData> {
  /** What was sent, as given to `send()` or `prepare()`; bytes are copied. */
  readonly sent: unknown[] = [];
  /** The first close; `undefined` while the connection is open. */
  closed: ClosedWith | undefined;
  /** Writable, for code that reads it. */
  bufferedAmount = 0;
  readonly id: string;
  readonly request: HandshakeRequest;
  readonly handshake: ConnectionHandshake;
  readonly params: Readonly<Record<string, string | string[]>>;
  readonly protocol: string;
  readonly socket = undefined;
  private readonly abort = new AbortController();
  private readonly cleanUps = new CleanUpList(() => undefined);
  private hasOpened: boolean;
  private expiry: number | undefined;

  /** @internal Made by `fakeConnection()`. */
  constructor(
    readonly data: TData,
    { id = 'fake', request, params, protocol = '', isOpen = true }: FakeConnectionOptions = {},
  ) {
    super();
    this.id = id;
    this.params = Object.assign(new BareRecord<string | string[]>(), params);
    const headers = named(request?.headers);
    const ownRequest = { url: '/', params: this.params, ...request, headers };
    this.request = ownRequest;
    this.handshake = new RequestHandshake(ownRequest);
    this.protocol = protocol;
    this.hasOpened = isOpen;
  }

  get headers(): IncomingHttpHeaders {
    return this.request.headers;
  }

  get signal(): AbortSignal {
    return this.abort.signal;
  }

  get isOpen(): boolean {
    return this.hasOpened && this.closed === undefined;
  }

  /** Refuses an invalid time, like a real connection. There is no clock here: it never closes the connection. */
  get expiresAt(): Date | undefined {
    return this.expiry === undefined ? undefined : new Date(this.expiry);
  }

  /** See the getter. */
  set expiresAt(value: Date | number | undefined) {
    this.expiry = expiryTimeOf(value);
  }

  /** Completes the handshake; a close that was requested before takes effect. */
  open(): void {
    this.hasOpened = true;
    if (this.closed) this.end();
  }

  /**
   * Works like a real connection: it rejects before the handshake is done, and rejects a value that cannot be encoded,
   * which also closes with 1011. It does nothing after the close, and does not send `undefined`.
   */
  send(data: unknown): Promise<void> {
    if (!this.hasOpened) return handled(Promise.reject(new NoConnectionException('send()')));
    if (!this.isOpen || data === undefined) return Promise.resolve();
    try {
      encode(data);
    } catch (error) {
      this.close(CloseCode.InternalError, 'Internal server error');
      return handled(Promise.reject(error));
    }
    this.sent.push(data instanceof RecordedMessage ? data.given : copied(data));
    return Promise.resolve();
  }

  /**
   * Works like a real connection, for this and other fakes: {@link FakeWebSocketConnection.sent} holds the given value.
   */
  prepare<T>(value: T): PreparedMessage<T> {
    return RecordedMessage.of(value, copied(value));
  }

  /** Works like a real connection: the first close wins, and a code that must not be sent is refused. */
  close(code = 1000, reason = 'Closed by the server'): void {
    if (!isSendableCloseCode(code)) throw new InvalidCloseCodeException(code);
    if (this.closed) return;
    this.closed = closeFrame(code, reason);
    if (this.hasOpened) this.end();
  }

  /**
   * Works like a real connection: the callback runs at the close, or at once after it. Its errors are ignored, and a
   * value that is not a function is refused.
   */
  onClose(callback: () => unknown): void {
    assertCallback(callback);
    this.cleanUps.add(callback);
  }

  private end(): void {
    this.abort.abort();
    void this.cleanUps.run();
  }
}

/** Keyed by lower-case names, as in Node. */
function named(headers: IncomingHttpHeaders = {}): IncomingHttpHeaders {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
}

/** The sender may reuse a buffer at once. */
export function copied<T>(data: T): T;
export function copied(data: unknown): unknown {
  if (Buffer.isBuffer(data)) return Buffer.from(data);
  return ArrayBuffer.isView(data) || isArrayBuffer(data) ? structuredClone(data) : data;
}

/**
 * Creates a {@link FakeWebSocketConnection}, open by default.
 *
 * @param options `data`: what the application keeps in the connection.
 */
export function fakeConnection<TData extends object>(
  options: FakeConnectionOptions & { readonly data: TData },
): FakeWebSocketConnection<TData>;
/** Creates a {@link FakeWebSocketConnection}, open by default. */
export function fakeConnection(
  options?: FakeConnectionOptions & { readonly data?: undefined },
): FakeWebSocketConnection;
export function fakeConnection(
  options: FakeConnectionOptions & { readonly data?: object } = {},
): FakeWebSocketConnection<object> {
  return new FakeWebSocketConnection(options.data ?? {}, options);
}
