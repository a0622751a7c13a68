/// <reference lib="esnext.disposable" preserve="true" />
import type { Closed, ClosedKind, CloseInfo, StandardCode } from './closed.js';
import type { Extension } from './extension.js';
import type { MessageFormat, Payload } from './message.format.js';
import type {
  CallsOn,
  CodeOn,
  GotOn,
  HandshakeOf,
  IsPlain,
  ModeOn,
  PathOf,
  Query,
  RouteMap,
  RouteTable,
  SentOn,
  StreamsOn,
} from './route.types.js';
import type { QueueLimits } from './outgoing.js';

/** `waiting`: the connection was lost and another attempt follows. `closed`: no attempt follows. */
export type ConnectionState = 'connecting' | 'open' | 'waiting' | 'closed';

export type { Closed, ClosedKind, CloseInfo, StandardCode };

/** The end of one socket, and the time of the next attempt. */
export interface SocketEnd<Code extends number = number> extends CloseInfo<Code> {
  /** Milliseconds until the next attempt; `undefined` if there is none. */
  readonly retryIn: number | undefined;
}

/** An attempt to connect, as `auth()` receives it. */
export interface Attempt {
  /** Counts from 1. */
  readonly number: number;
  /** The server rejected the last credentials (4401, 3000): return new ones. */
  readonly refresh: boolean;
  /** How the last socket ended; `undefined` at first. */
  readonly last: CloseInfo | undefined;
}

/** Credentials of the user for one attempt. */
export interface Credentials {
  /** Goes into the URL. Servers log URLs, so use a one-time ticket. */
  readonly query?: Query;
  /** Subprotocols to offer in addition to those of the connection. */
  readonly protocols?: readonly string[];
  /** Headers of the handshake, for `ws`, Node, Deno and Bun. Pages cannot send any. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** When to try again. */
export interface RetryOptions {
  /** The first wait is at most this plus 100 ms, and doubles each time. Milliseconds. Default: 2 s. */
  readonly base?: number;
  /** No wait is longer than this plus 100 ms. Milliseconds. Default: 15 s. */
  readonly max?: number;
  /** The connection is `exhausted` after this many attempts in a row. Default: no limit. */
  readonly attempts?: number;
  /** The waits reset after a connection has been open this long. Milliseconds. Default: 5 s. */
  readonly stableAfter?: number;
  /** Decides first: `true` retries, `false` ends, `undefined` leaves the decision to the table of close codes. */
  readonly when?: (close: CloseInfo) => boolean | undefined;
}

/** The members of the global `WebSocket` that the client uses. `ws` and all runtimes have them. */
export interface SocketLike {
  binaryType: string;
  readonly bufferedAmount: number;
  readonly protocol: string;
  readonly readyState: number;
  addEventListener(type: 'open', listener: () => void): void;
  send(data: Payload): void;
  close(code?: number, reason?: string): void;
}

/** A constructor of sockets, such as `WebSocket` of `ws` if the runtime has none. */
// Existing constructors differ in their parameters.
export type SocketConstructor = new (url: string, ...rest: never[]) => SocketLike;

/** Options of one connection, or of all connections of a client. */
export interface ConnectionOptions {
  /** Called before each attempt; nothing is cached. A rejection emits `error`, and the client tries again. */
  readonly auth?: (attempt: Attempt) => Credentials | undefined | Promise<Credentials | undefined>;
  /** When to try again. `false` never retries. */
  readonly retry?: RetryOptions | false;
  /** Receives each message. Its result goes into the query of the next attempt, and lets the server resume there. */
  readonly resume?: (message: unknown) => Query | undefined;
  /** How messages are read and written. Default: the value in `routes`, else `'auto'`. */
  readonly format?: MessageFormat;
  /**
   * The client gives up a connection without a sign of life for this long, as with 1006. Milliseconds. Use it with the
   * server's option `beat`: empty messages are signs of life, and you do not receive them. Default: the value in
   * `routes`, else `false`.
   */
  readonly silence?: number | false;
  /** Limits of the messages that `send()` keeps without an open socket. */
  readonly queue?: Partial<QueueLimits>;
  /** Most messages that may wait for a loop. Beyond that, the loop throws `TooSlow`. Default: 1,024. */
  readonly buffer?: number;
  /** `send()` waits while more bytes than this wait in the socket. Default: 1 MiB. */
  readonly highWaterMark?: number;
  /** An attempt fails if it takes longer, `auth` included. Milliseconds. Default: 15 s. */
  readonly connectTimeout?: number;
}

/** Options of `createClient()`. */
export interface ClientOptions extends ConnectionOptions {
  /** URL of the server, with its path prefix if any: `https://api.example.com`. In a page it can be relative: `/`. */
  readonly url: string | URL;
  /** Constructor of sockets. Default: the global one. Node 20 has none: `import { WebSocket } from 'ws'`. */
  readonly WebSocket?: SocketConstructor;
  /** Settings that `revali-ws client` writes next to the types. */
  readonly routes?: RouteTable;
  /** `calls()`, `rooms()`. With any of them, connections offer `revali.v1`. Default: none. */
  readonly use?: readonly Extension[];
}

/** Options of `connect()`, in addition to parameters and query. */
export interface ConnectOptions extends ConnectionOptions {
  /** Subprotocols to offer. Default: none. */
  readonly protocols?: string | readonly string[];
  /** Closes the connection in any state. */
  readonly signal?: AbortSignal;
  /** If `false`, this connection does not offer `revali.v1`. Default: `true` if the client has `use`. */
  readonly headers?: boolean;
}

/** The second argument of `message` listeners: the room of a message. */
export interface MessageOrigin {
  /** `<kind>/<name>`; `undefined` for messages without a room, and without `rooms()`. */
  readonly room?: string;
  /** Position in the history of the room; `undefined` if it has none. */
  readonly position?: string;
}

/** Events with the arguments of their listeners. Room events need `rooms()`. */
export interface ConnectionEvents<Out, Code extends number = number> {
  message: [message: Out, origin: MessageOrigin];
  state: [state: ConnectionState];
  /** A socket ended. If `retryIn` is set, another one follows. */
  close: [end: SocketEnd<Code>];
  /** An error that the client handled: a failed attempt, an unreadable message, or a lost one. */
  error: [error: unknown];
  /** The server let the connection into a room. */
  joined: [
    joined: { readonly room: string; readonly position?: string; readonly resumed: boolean },
  ];
  /** Messages of the room may be missing before this point: reload its state. */
  gap: [gap: { readonly room: string; readonly position?: string }];
  /** The connection is no longer in the room. */
  left: [left: { readonly room: string; readonly code: number }];
}

/** Options of `send()`. */
export interface SendOptions {
  /** Removes the message from the queue, or stops waiting for room in the socket. */
  readonly signal?: AbortSignal;
  /** `false` rejects at once if no socket is open. Default: `true`. */
  readonly queue?: boolean;
}

/** Options of `call()`. */
export interface CallOptions {
  /** Stops the call, here and on the server. */
  readonly signal?: AbortSignal;
  /** Milliseconds until the call stops and rejects with `CallTimedOut`. Default: no limit. */
  readonly timeout?: number;
  /** Repeats the call if the connection is lost before its answer: it may run twice. Default: `false`. */
  readonly retry?: boolean;
}

/** Options of `stream()`. */
export type StreamOptions = Pick<CallOptions, 'signal'>;

/** Members of every connection. */
export interface BaseConnection<Out, Code extends number> {
  readonly state: ConnectionState;
  /**
   * Resolves when the server has accepted the connection: a message came, or it has been open for `stableAfter`.
   * Rejects with `ConnectionClosed` if the server never did.
   */
  readonly opened: Promise<void>;
  /** Resolves when no other attempt follows. Never rejects. */
  readonly closed: Promise<Closed<Code>>;
  /** Messages that wait for an open socket. */
  readonly queued: number;
  /** Bytes that wait in the socket. */
  readonly bufferedAmount: number;
  /** The route's subprotocol that the server chose. */
  readonly protocol: string;
  /** Whether the server speaks `revali.v1` on the open socket. */
  readonly isHeaded: boolean;
  /** @returns A function that removes the listener. */
  on<Event extends keyof ConnectionEvents<Out, Code>>(
    event: Event,
    listener: (...args: ConnectionEvents<Out, Code>[Event]) => void,
    options?: { readonly signal?: AbortSignal },
  ): () => void;
  /** Connects at once with a new socket and resets the waits. A closed connection stays closed. */
  reconnect(): void;
  /**
   * Ends the connection. `send()` rejects with `NotSent` for messages that still wait for a socket.
   *
   * @param code 1000 or 3000–4999. Default: 1000.
   * @param reason At most 123 bytes.
   * @throws RangeError for another code or a longer reason.
   */
  close(code?: number, reason?: string): void;
  /** Calls `close()`, and resolves when the connection has ended. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Connections to routes that take messages. */
export interface Sending<In> {
  /**
   * Resolves when the message is on an open socket with room to spare. You can await it for back-pressure. Rejects with
   * `NotSent` if the queue is full, if the message waits in it too long, or if the connection has ended.
   */
  send(message: In, options?: SendOptions): Promise<void>;
}

type Body<Call> = Call extends { readonly body: infer Given }
  ? undefined extends Given
    ? [body?: Given]
    : [body: Given]
  : Call extends { readonly body?: infer Given }
    ? [body?: Given]
    : [body?: undefined];
type ResultOf<Call> = Call extends { readonly result?: infer Result } ? Result : void;
type Asked<Call, Options> = [...body: Body<Call>, ...rest: [options?: Options]];
type BodyAndOptions<Call, Options> =
  Body<Call> extends [unknown] ? Asked<Call, Options> : [body?: Body<Call>[0], options?: Options];

/** Connections to routes whose handlers answer. They need `use: [calls()]`. */
export interface Calling<Calls, Streams> {
  /**
   * Calls a handler and waits for its answer.
   *
   * @param type Type of the message; `''` on a `@WebSocket()` route, whose messages have none.
   * @throws CallFailed if the handler failed, ConnectionLost if the connection was lost before the answer, CallTimedOut
   *   after `timeout`, and NotSent if the call was never sent, for example because the server lacks `revali.v1`.
   */
  call<Type extends keyof Calls & string>(
    type: Type,
    ...rest: BodyAndOptions<Calls[Type], CallOptions>
  ): Promise<ResultOf<Calls[Type]>>;
  /** Starts a stream when the loop begins, and stops it when you leave the loop. Throws like `call()`. */
  stream<Type extends keyof Streams & string>(
    type: Type,
    ...rest: BodyAndOptions<Streams[Type], StreamOptions>
  ): AsyncIterableIterator<ResultOf<Streams[Type]>>;
}

type Looping<Out> = Pick<AsyncIterable<Out>, typeof Symbol.asyncIterator>;

/** The connection of a route. It lacks `send()` if the server only sends, and the loop if the server only receives. */
export type Connection<Route> = BaseConnection<
  ModeOn<Route> extends 'receiveOnly' ? never : GotOn<Route>,
  CodeOn<Route>
> &
  (ModeOn<Route> extends 'sendOnly' ? unknown : Sending<SentOn<Route>>) &
  (ModeOn<Route> extends 'receiveOnly' ? unknown : Looping<GotOn<Route>>) &
  ([keyof CallsOn<Route>] extends [never]
    ? [keyof StreamsOn<Route>] extends [never]
      ? unknown
      : Calling<CallsOn<Route>, StreamsOn<Route>>
    : Calling<CallsOn<Route>, StreamsOn<Route>>);

type ConnectArguments<Route> =
  IsPlain<Route> extends true
    ? [options?: HandshakeOf<Route> & ConnectOptions]
    : [options: HandshakeOf<Route> & ConnectOptions];

/** A client of one server, made by `createClient()`. */
export interface Client<Routes extends RouteMap> {
  /**
   * Connects at once, and reconnects whenever the connection is lost.
   *
   * @param path The path as the server writes it: `'/chat/:room'`.
   * @throws TypeError if a parameter of the path is missing, empty, `.` or `..`, or if the runtime has no `WebSocket`.
   */
  connect<Path extends PathOf<Routes>>(
    path: Path,
    ...rest: ConnectArguments<Routes[Path]>
  ): Connection<Routes[Path]>;
}
