import type { IncomingHttpHeaders } from 'node:http';
import { isSendableCloseCode } from '../close/close.code.js';
import { CleanUpList } from '../close/clean-up.list.js';
import { closeFrame } from '../close/close.frame.js';
import { WebSocketConnection, type HandshakeRequest } from '../connection/connection.handles.js';
import { RequestHandshake, type ConnectionHandshake } from '../connection/connection.handshake.js';
import { InvalidCloseCodeException } from '../revali-ws.exceptions.js';
import type { ClosedWith } from './test-web-socket.js';

/** What a fake handshake request holds; `user`, `session` and the like as the application has them. */
export interface FakeRequest {
  /** Default: `'/'`. */
  readonly url?: string;
  /** By lower-case name. Default: none. */
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
}

/**
 * A connection without a client, for unit tests. It can also be passed where a handler takes an
 * `AsyncWebSocketSender` or a `CloseWebSocket`.
 */
export class FakeWebSocketConnection<
  TData extends object = Record<string, unknown>,
> extends WebSocketConnection<TData> {
  /** What was sent, as it was given to `send()`. */
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

  /** @internal Made by `fakeConnection()`. */
  constructor(
    readonly data: TData,
    { id = 'fake', request, params = {}, protocol = '' }: FakeConnectionOptions = {},
  ) {
    super();
    this.id = id;
    const ownRequest = { url: '/', headers: {}, params, ...request };
    this.request = ownRequest;
    this.handshake = new RequestHandshake(ownRequest);
    this.params = params;
    this.protocol = protocol;
  }

  get headers(): IncomingHttpHeaders {
    return this.request.headers;
  }

  get signal(): AbortSignal {
    return this.abort.signal;
  }

  get isOpen(): boolean {
    return this.closed === undefined;
  }

  /** As the real one, it is silent after the close. */
  send(data: unknown): Promise<void> {
    if (this.isOpen) this.sent.push(data);
    return Promise.resolve();
  }

  /** As the real one: the first close wins, and a code that must not be sent is refused. */
  close(code = 1000, reason = 'Closed by the server'): void {
    if (!isSendableCloseCode(code)) throw new InvalidCloseCodeException(code);
    if (this.closed) return;
    this.closed = closeFrame(code, reason);
    this.abort.abort();
    void this.cleanUps.run();
  }

  /** As the real one: runs at the close, or at once after it. What the callback throws is ignored. */
  onClose(callback: () => unknown): void {
    this.cleanUps.add(callback);
  }
}

/**
 * A {@link FakeWebSocketConnection} that is open.
 *
 * @param options `data`: what the application keeps in the connection.
 */
export function fakeConnection<TData extends object>(
  options: FakeConnectionOptions & { readonly data: TData },
): FakeWebSocketConnection<TData>;
/** A {@link FakeWebSocketConnection} that is open. */
export function fakeConnection(
  options?: FakeConnectionOptions & { readonly data?: undefined },
): FakeWebSocketConnection;
export function fakeConnection(
  options: FakeConnectionOptions & { readonly data?: object } = {},
): FakeWebSocketConnection<object> {
  return new FakeWebSocketConnection(options.data ?? {}, options);
}
