/** Who may send on a route, as seen from the server: clients do not send on a `sendOnly` one, and get nothing on a `receiveOnly` one. */
export type RouteMode = 'twoWay' | 'receiveOnly' | 'sendOnly';

/** A question that a route answers. */
export interface CallType {
  /** What the client sends; left out where the handler takes nothing. */
  readonly body?: unknown;
  /** What comes back: the result of a call, or one item of a stream. */
  readonly result?: unknown;
}

/**
 * A route, as its clients see it. A property that is left out is unknown or absent.
 *
 * @example
 * ```ts
 * interface Chat {
 *   mode: 'twoWay';
 *   params: { room: string };
 *   query: { name?: string };
 *   receives: { type: 'say'; text: string };
 *   sends: { type: 'said'; text: string };
 *   closes: 4001;
 *   calls: { say: { body: { text: string }; result: { id: number } } };
 *   streams: { history: { body: { last: number }; result: { text: string } } };
 * }
 * ```
 */
export interface RouteType {
  /** Default: `twoWay`. */
  readonly mode?: RouteMode;
  /** Parameters of the path: a string each, a list of segments for a wildcard. */
  readonly params?: object;
  /** Query parameters that the handshake reads. */
  readonly query?: object;
  /** What the server receives: what `send()` takes. Left out: unknown. */
  readonly receives?: unknown;
  /** What the server sends: what a loop over the connection gives. Left out: unknown. */
  readonly sends?: unknown;
  /** Close codes of the application, as a union of numbers. */
  readonly closes?: number;
  /** Handlers that return a value, by the type of their message; `''` for the handler of a `@WebSocket()` route. */
  readonly calls?: Readonly<Record<string, CallType>>;
  /** Handlers that return a stream, by the type of their message; `''` for the handler of a `@WebSocket()` route. */
  readonly streams?: Readonly<Record<string, CallType>>;
}

/**
 * Routes by their path, as the server writes it: `'/chat/:room'`. Any interface whose properties are routes will do;
 * `revali-ws client` writes one from the document of a server.
 */
export type RouteMap = object;

/** A route without a type: you may send anything, and everything that arrives is unknown. */
// A type, not an interface: only types fit an index signature.
export type AnyRoute = {
  readonly mode?: undefined;
  readonly params?: Params;
  readonly query?: Query;
  readonly calls: Readonly<Record<string, { readonly body?: unknown; readonly result: unknown }>>;
  readonly streams: Readonly<Record<string, { readonly body?: unknown; readonly result: unknown }>>;
};

/** What `createClient()` takes without a type argument. */
export type AnyRoutes = Readonly<Record<string, AnyRoute>>;

/** Value of a query parameter. `undefined` and `null` leave it out; a list repeats it. */
export type QueryValue = string | number | boolean | bigint | null | undefined;

/** Query parameters of a handshake. */
export type Query = Readonly<Record<string, QueryValue | readonly QueryValue[]>>;

/** Parameters of a path. A list is for a wildcard: its segments. */
export type Params = Readonly<Record<string, string | number | readonly (string | number)[]>>;

/** The paths of a map of routes. */
export type PathOf<Routes extends RouteMap> = keyof Routes & string;

/** `Otherwise` where the route does not say. */
type Said<Route, Key extends string, Otherwise> = Key extends keyof Route
  ? Exclude<Route[Key & keyof Route], undefined>
  : Otherwise;

/** What clients send on the route. */
export type SentOn<Route> = Said<Route, 'receives', unknown>;

/** What clients get on the route. */
export type GotOn<Route> = Said<Route, 'sends', unknown>;

/** Close codes of the application on the route; `number` where it does not say. */
export type CodeOn<Route> =
  Said<Route, 'closes', number> extends infer Code extends number ? Code : number;

/** Who may send. */
export type ModeOn<Route> =
  Said<Route, 'mode', 'twoWay'> extends infer Mode extends RouteMode
    ? [Mode] extends [never]
      ? 'twoWay'
      : Mode
    : 'twoWay';

/** Handlers of the route that answer with a value. */
export type CallsOn<Route> = Said<Route, 'calls', object>;

/** Handlers of the route that answer with a stream. */
export type StreamsOn<Route> = Said<Route, 'streams', object>;

/** Whether all properties may be left out. */
type IsOptional<T> = Partial<T> extends T ? true : false;

/** The property, required exactly where it has something required in it, and not there where it is empty. */
type Part<Route, Key extends 'params' | 'query'> = Key extends keyof Route
  ? undefined extends Route[Key & keyof Route]
    ? { readonly [Name in Key]?: Route[Key & keyof Route] }
    : IsOptional<Route[Key & keyof Route]> extends true
      ? { readonly [Name in Key]?: Route[Key & keyof Route] }
      : { readonly [Name in Key]: Route[Key & keyof Route] }
  : Key extends 'params'
    ? { readonly params?: undefined }
    : { readonly query?: Query };

/** Parameters and query of a connection, required exactly where the route requires some. */
export type HandshakeOf<Route> = Part<Route, 'params'> & Part<Route, 'query'>;

/** Whether all that the route needs may be left out. */
export type IsPlain<Route> = IsOptional<HandshakeOf<Route>>;

/**
 * A value as it is after it has been JSON: a `Date` is a string, what has `toJSON()` is what that gives, functions and
 * symbols are gone, a `Map` or `Set` is an empty object.
 */
export type Wire<T> = T extends { toJSON(...args: never[]): infer Json }
  ? Wire<Json>
  : T extends string | number | boolean | null | undefined
    ? T
    : T extends bigint | symbol | ((...args: never[]) => unknown)
      ? never
      : T extends ReadonlyMap<unknown, unknown> | ReadonlySet<unknown>
        ? object
        : T extends readonly unknown[]
          ? { [Index in keyof T]: WireItem<T[Index]> }
          : T extends object
            ? {
                [Key in keyof T as IsJson<Key, T[Key]> extends true ? Key : never]: Wire<T[Key]>;
              }
            : T;

/** In a list, what has no JSON form is `null`. */
type WireItem<T> = T extends undefined | symbol | ((...args: never[]) => unknown) ? null : Wire<T>;

type IsJson<Key, Value> = Key extends string | number
  ? [Exclude<Value, undefined>] extends [never]
    ? false
    : [Exclude<Value, undefined>] extends [symbol | ((...args: never[]) => unknown)]
      ? false
      : true
  : false;

/** Bytes, which are not JSON: the client gets them as an `ArrayBuffer`, and may send any bytes. */
type Bytes = ArrayBuffer | ArrayBufferView;

type Received<T> = unknown extends T ? unknown : T extends Bytes ? Bytes : Wire<T>;
type Sent<T> = unknown extends T ? unknown : T extends Bytes ? ArrayBuffer : Wire<T>;

/** What a handler's result sends: the values of promises and of streams. */
type Result<T> =
  T extends PromiseLike<infer Value>
    ? Result<Value>
    : T extends string | Bytes
      ? T
      : T extends AsyncIterable<infer Item>
        ? Item
        : T extends { subscribe(observer: infer Observer): unknown }
          ? ItemOf<Observer>
          : T extends Generator<infer Item, unknown, unknown>
            ? Item
            : T extends void
              ? never
              : T;

/** From the first parameter of `Observable.subscribe()`, a part of an observer. */
type ItemOf<Observer> = Observer extends (value: infer Item) => unknown
  ? Item
  : Observer extends { next?: infer Next }
    ? NonNullable<Next> extends (value: infer Item) => unknown
      ? Item
      : never
    : never;

/** What an `AsyncWebSocketSender<T>` among the parameters sends. */
type SenderItem<Parameter> = Parameter extends { send(data: infer Item): Promise<void> }
  ? Parameter extends { close(...args: never[]): unknown }
    ? never
    : unknown extends Item
      ? never
      : Item
  : never;

type BodyAt<Parameters extends readonly unknown[], Index extends number> = Index extends -1
  ? unknown
  : Parameters[Index];

/**
 * The route of a controller's method, for front ends that can see the sources of the server. Import the controller with
 * `import type`, so that nothing of it is bundled.
 *
 * @typeParam Method `ChatController['say']`.
 * @typeParam Body Index of the parameter that is the body; `-1`, the default, where there is none.
 * @typeParam Rest What the method does not tell: `{ mode: 'sendOnly'; params: { room: string } }`.
 *
 * @example
 * ```ts
 * interface Routes {
 *   '/chat/:room': RouteOf<ChatController['say'], 0, { params: { room: string } }>;
 * }
 * ```
 */
export type RouteOf<
  Method extends (...args: never[]) => unknown,
  Body extends number = -1,
  Rest extends RouteType = object,
> = Omit<
  {
    readonly receives: Received<BodyAt<Parameters<Method>, Body>>;
    readonly sends: Sent<Result<ReturnType<Method>> | SenderItem<Parameters<Method>[number]>>;
  },
  keyof Rest
> &
  Rest;

/**
 * Settings of a route that a client needs at run time, if they differ from the default. `revali-ws client` writes them
 * next to the types, as `routes`.
 */
export interface RouteSettings {
  /** How messages are read and written; `'auto'` by default. */
  readonly format?: 'auto' | 'json' | 'text' | 'raw' | 'binary';
  /** Without a sign of life for so long, in ms, the connection is given up: 2.5 times the server's `beat`. */
  readonly silence?: number;
  /** The property of a message that names its type, the server's option `by`; `'type'` by default. */
  readonly type?: string;
  /** The property of a message that is the body, the server's option `body`; the whole message by default. */
  readonly body?: string;
}

/** By the path of the route. */
export type RouteTable = Readonly<Record<string, RouteSettings>>;
