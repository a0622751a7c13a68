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

/** `waiting`: the connection was lost, and another attempt comes. `closed`: none comes. */
export type ConnectionState = 'connecting' | 'open' | 'waiting' | 'closed';

export type { Closed, ClosedKind, CloseInfo, StandardCode };

/** The end of one socket, and what comes after it. */
export interface SocketEnd<Code extends number = number> extends CloseInfo<Code> {
  /** Milliseconds until the next attempt; `undefined` where there is none. */
  readonly retryIn: number | undefined;
}

/** What an attempt is made for. */
export interface Attempt {
  /** From 1 on. */
  readonly number: number;
  /** The server did not take the last credentials (4401, 3000): bring new ones. */
  readonly refresh: boolean;
  /** How the last socket ended; `undefined` at first. */
  readonly last: CloseInfo | undefined;
}

/** What an attempt says of its user. */
export interface Credentials {
  /** Into the URL: a ticket that is good once, as URLs are logged. */
  readonly query?: Query;
  /** Subprotocols, beside those of the connection. */
  readonly protocols?: readonly string[];
  /** Only where the constructor takes headers: `ws`, Node, Deno, Bun. Pages cannot send any. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** When to try again. */
export interface RetryOptions {
  /** The first wait is at most this and 100 ms, and twice as much each time. Milliseconds. Default: 2 s. */
  readonly base?: number;
  /** No wait is longer than this and 100 ms. Milliseconds. Default: 15 s. */
  readonly max?: number;
  /** Attempts in a row after which the connection is `exhausted`. Default: no end. */
  readonly attempts?: number;
  /** Once a connection has stood for so long, waits begin anew. Milliseconds. Default: 5 s. */
  readonly stableAfter?: number;
  /** Decides first: `undefined` leaves it to the table of close codes. */
  readonly when?: (close: CloseInfo) => boolean | undefined;
}

/** What of the global `WebSocket` is used. `ws` and all runtimes have it. */
export interface SocketLike {
  binaryType: string;
  readonly bufferedAmount: number;
  readonly protocol: string;
  readonly readyState: number;
  addEventListener(type: 'open', listener: () => void): void;
  send(data: Payload): void;
  close(code?: number, reason?: string): void;
}

/** A constructor of sockets: `WebSocket` of `ws`, where the runtime has none. */
// The parameters of the constructors out there are not alike.
export type SocketConstructor = new (url: string, ...rest: never[]) => SocketLike;

/** What can be set for all connections, and for one. */
export interface ConnectionOptions {
  /** Asked before each attempt; nothing is kept. What it rejects with is told by `on('error')`, and tried again. */
  readonly auth?: (attempt: Attempt) => Credentials | undefined | Promise<Credentials | undefined>;
  /** When to try again; `false`: never. */
  readonly retry?: RetryOptions | false;
  /** Given each message; what it returns goes into the query of the next attempt, so that the server can go on there. */
  readonly resume?: (message: unknown) => Query | undefined;
  /** Default: what `routes` says, else `'auto'`. */
  readonly format?: MessageFormat;
  /**
   * Without a sign of life for so long, the connection is given up, as with 1006. Milliseconds. For servers with the
   * option `beat`: empty messages are signs of life and not handed on. Default: what `routes` says, else `false`.
   */
  readonly silence?: number | false;
  /** What `send()` keeps while there is no open socket. */
  readonly queue?: Partial<QueueLimits>;
  /** Messages that may wait for a loop; with more it throws `TooSlow`. Default: 1,024. */
  readonly buffer?: number;
  /** `send()` waits while so many bytes wait in the socket. Default: 1 MiB. */
  readonly highWaterMark?: number;
  /** An attempt that takes longer, `auth` and all, has failed. Milliseconds. Default: 15 s. */
  readonly connectTimeout?: number;
}

/** What `createClient()` takes. */
export interface ClientOptions extends ConnectionOptions {
  /** URL of the server, with its path prefix if it has one: `https://api.example.com`. In a page it may be relative: `/`. */
  readonly url: string | URL;
  /** Default: the global one. Node 20 has none: `import { WebSocket } from 'ws'`. */
  readonly WebSocket?: SocketConstructor;
  /** What `revali-ws client` writes beside the types. */
  readonly routes?: RouteTable;
  /** `calls()`, `rooms()`: connections ask for `revali.v1` then. */
  readonly use?: readonly Extension[];
}

/** What `connect()` takes beside parameters and query. */
export interface ConnectOptions extends ConnectionOptions {
  /** Subprotocols to offer. */
  readonly protocols?: string | readonly string[];
  /** Closes the connection, whatever its state. */
  readonly signal?: AbortSignal;
  /** `false`: this connection does not ask for `revali.v1`. Default: `true` where the client has `use`. */
  readonly headers?: boolean;
}

/** A message of a room, as its listeners get it: beside the message. */
export interface MessageOrigin {
  /** `<kind>/<name>`; `undefined` for what is from no room, and without `rooms()`. */
  readonly room?: string;
  /** Where in the history of the room; `undefined` where it has none. */
  readonly position?: string;
}

/** Listeners by what they are told. Those of rooms are only told with `rooms()`. */
export interface ConnectionEvents<Out, Code extends number = number> {
  message: [message: Out, origin: MessageOrigin];
  state: [state: ConnectionState];
  /** A socket has ended; where `retryIn` is there, another one comes. */
  close: [end: SocketEnd<Code>];
  /** An error that the client has handled: a failed attempt, an unreadable message, or a lost one. */
  error: [error: unknown];
  /** The server has let the connection into a room. */
  joined: [
    joined: { readonly room: string; readonly position?: string; readonly resumed: boolean },
  ];
  /** Messages of the room may be missing before this point: load its state anew. */
  gap: [gap: { readonly room: string; readonly position?: string }];
  /** The connection is in the room no more. */
  left: [left: { readonly room: string; readonly code: number }];
}

/** Options of `send()`. */
export interface SendOptions {
  /** Takes the message out of the queue, and ends the wait for room. */
  readonly signal?: AbortSignal;
  /** `false`: rejects at once where there is no open socket. Default: `true`. */
  readonly queue?: boolean;
}

/** Options of `call()`. */
export interface CallOptions {
  /** Stops the call, here and at the server. */
  readonly signal?: AbortSignal;
  /** Milliseconds, after which the call is stopped and rejects with `CallTimedOut`. Default: none. */
  readonly timeout?: number;
  /** Makes the call again where the connection was lost before its answer: it may run twice. Default: `false`. */
  readonly retry?: boolean;
}

/** Options of `stream()`. */
export type StreamOptions = Pick<CallOptions, 'signal'>;

/** What every connection has. */
export interface BaseConnection<Out, Code extends number> {
  readonly state: ConnectionState;
  /** The server has taken the connection: a message came, or it has stood for `stableAfter`. Rejects where it never did. */
  readonly opened: Promise<void>;
  /** Never rejects. */
  readonly closed: Promise<Closed<Code>>;
  /** Messages that wait for an open socket. */
  readonly queued: number;
  /** Bytes that wait in the socket. */
  readonly bufferedAmount: number;
  /** Subprotocol of the route, as the server chose it. */
  readonly protocol: string;
  /** Whether the server speaks `revali.v1` on the open socket. */
  readonly isHeaded: boolean;
  /** @returns What takes the listener away. */
  on<Event extends keyof ConnectionEvents<Out, Code>>(
    event: Event,
    listener: (...args: ConnectionEvents<Out, Code>[Event]) => void,
    options?: { readonly signal?: AbortSignal },
  ): () => void;
  /** Connects at once, with a new socket, and with the waits at their beginning. A connection that is closed stays so. */
  reconnect(): void;
  /**
   * Ends the connection. What still waits for a socket rejects with `NotSent`.
   *
   * @param code 1000 or 3000–4999. Default: 1000.
   * @param reason At most 123 bytes.
   * @throws RangeError for another code, and for a longer reason.
   */
  close(code?: number, reason?: string): void;
  /** `close()`, and its end. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Connections to routes that take messages. */
export interface Sending<In> {
  /**
   * Resolves when the message is on an open socket with room to spare: awaited, it is back-pressure. Rejects with
   * `NotSent` where the queue is full or the message waits for too long in it. It need not be awaited.
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
   * Asks, and waits for the answer.
   *
   * @param type Of the message; `''` on a `@WebSocket()` route, whose messages have none.
   * @throws CallFailed where the handler failed, ConnectionLost where the connection was lost before the answer,
   *   CallTimedOut, and NotSent where it never was on its way: with a server that does not speak `revali.v1`, too.
   */
  call<Type extends keyof Calls & string>(
    type: Type,
    ...rest: BodyAndOptions<Calls[Type], CallOptions>
  ): Promise<ResultOf<Calls[Type]>>;
  /** Asks for a stream when the loop begins, and stops it when the loop is left. It throws as `call()` does. */
  stream<Type extends keyof Streams & string>(
    type: Type,
    ...rest: BodyAndOptions<Streams[Type], StreamOptions>
  ): AsyncIterableIterator<ResultOf<Streams[Type]>>;
}

type Looping<Out> = Pick<AsyncIterable<Out>, typeof Symbol.asyncIterator>;

/** A connection as its route allows it: no `send()` where the server only sends, no loop where it only receives. */
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

/** What `createClient()` gives. */
export interface Client<Routes extends RouteMap> {
  /**
   * Connects at once, and again whenever the connection is lost.
   *
   * @param path As the server writes it: `'/chat/:room'`.
   * @throws TypeError where a parameter of the path is missing, empty, `.` or `..`, or the runtime has no `WebSocket`.
   */
  connect<Path extends PathOf<Routes>>(
    path: Path,
    ...rest: ConnectArguments<Routes[Path]>
  ): Connection<Routes[Path]>;
}
