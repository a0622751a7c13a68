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

/** What a fake handshake request holds; `user`, `session` and the like as the application has them. */
export interface FakeRequest {
  /** Default: `'/'`. */
  readonly url?: string;
  /** Default: none. As Node's, they are found by their lower-case names, however they are written here. */
  readonly headers?: IncomingHttpHeaders;
  /** What middleware and guards would have added. */
  readonly [name: string]: unknown;
}

/** Options of {@link fakeConnection}. */
export interface FakeConnectionOptions {
  /** Default: `'fake'`. */
  readonly id?: string;
  /** Of the handshake. Default: `/` without headers. */
  readonly request?: FakeRequest;
  /** Path parameters. Default: none. */
  readonly params?: Readonly<Record<string, string | string[]>>;
  /** The chosen subprotocol. Default: none. */
  readonly protocol?: string;
  /**
   * `false` for the connection as guards and observers of the handshake have it.
   *
   * @default true
   */
  readonly isOpen?: boolean;
}

const encode = outgoingEncoderOf('auto');

/**
 * A connection without a client, for unit tests. It can also be passed where a handler takes an
 * `AsyncWebSocketSender` or a `CloseWebSocket`.
 */
export class FakeWebSocketConnection<
  TData extends object = Record<string, unknown>,
> extends WebSocketConnection<TData> {
  /** What was sent, as it was given to `send()` or `prepare()`; of bytes a copy. */
  readonly sent: unknown[] = [];
  /** The first close; `undefined` while the connection is open. */
  closed: ClosedWith | undefined;
  /** Writable, for code that looks at it. */
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

  /** As the real one refuses what is no time. There is no clock here: it closes by itself neither now nor then. */
  get expiresAt(): Date | undefined {
    return this.expiry === undefined ? undefined : new Date(this.expiry);
  }

  /** See the getter. */
  set expiresAt(value: Date | number | undefined) {
    this.expiry = expiryTimeOf(value);
  }

  /** The handshake is done; a close that was asked for before takes effect. */
  open(): void {
    this.hasOpened = true;
    if (this.closed) this.end();
  }

  /**
   * As the real one: it rejects before the handshake is done, and what cannot be encoded, which also closes with 1011.
   * It does nothing after the close, and sends no `undefined`.
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

  /** As the real one, for this and other fakes: {@link FakeWebSocketConnection.sent} has what was given here. */
  prepare<T>(value: T): PreparedMessage<T> {
    return RecordedMessage.of(value, copied(value));
  }

  /** As the real one: the first close wins, and a code that must not be sent is refused. */
  close(code = 1000, reason = 'Closed by the server'): void {
    if (!isSendableCloseCode(code)) throw new InvalidCloseCodeException(code);
    if (this.closed) return;
    this.closed = closeFrame(code, reason);
    if (this.hasOpened) this.end();
  }

  /** As the real one: runs at the close, or at once after it. What the callback throws is ignored, what is none is refused. */
  onClose(callback: () => unknown): void {
    assertCallback(callback);
    this.cleanUps.add(callback);
  }

  private end(): void {
    this.abort.abort();
    void this.cleanUps.run();
  }
}

/** By their lower-case names, as Node's. */
function named(headers: IncomingHttpHeaders = {}): IncomingHttpHeaders {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
}

/** Who sends may use a buffer again at once. */
export function copied<T>(data: T): T;
export function copied(data: unknown): unknown {
  if (Buffer.isBuffer(data)) return Buffer.from(data);
  return ArrayBuffer.isView(data) || isArrayBuffer(data) ? structuredClone(data) : data;
}

/**
 * A {@link FakeWebSocketConnection}, open where nothing else is said.
 *
 * @param options `data`: what the application keeps in the connection.
 */
export function fakeConnection<TData extends object>(
  options: FakeConnectionOptions & { readonly data: TData },
): FakeWebSocketConnection<TData>;
/** A {@link FakeWebSocketConnection}, open where nothing else is said. */
export function fakeConnection(
  options?: FakeConnectionOptions & { readonly data?: undefined },
): FakeWebSocketConnection;
export function fakeConnection(
  options: FakeConnectionOptions & { readonly data?: object } = {},
): FakeWebSocketConnection<object> {
  return new FakeWebSocketConnection(options.data ?? {}, options);
}
