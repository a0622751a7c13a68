/** Who may send, from the server's view: on `sendOnly` routes clients send nothing, on `receiveOnly` ones they get nothing. */
export type RouteMode = 'twoWay' | 'receiveOnly' | 'sendOnly';

/** A call that a route answers. */
export interface CallType {
  /** The body that the client sends. Leave it out if the handler takes none. */
  readonly body?: unknown;
  /** The result of a call, or one item of a stream. */
  readonly result?: unknown;
}

/**
 * A route, as its clients see it. A missing property is unknown or absent.
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
  /** Parameters of the path: each is a string, or a list of segments for a wildcard. */
  readonly params?: object;
  /** Query parameters that the handshake reads. */
  readonly query?: object;
  /** Messages that the server receives and `send()` takes. Default: unknown. */
  readonly receives?: unknown;
  /** Messages that the server sends and a loop over the connection yields. Default: unknown. */
  readonly sends?: unknown;
  /** The application's close codes, as a union of numbers. */
  readonly closes?: number;
  /** Handlers that return a value, by the type of their message; `''` for the handler of a `@WebSocket()` route. */
  readonly calls?: Readonly<Record<string, CallType>>;
  /** Handlers that return a stream, by the type of their message; `''` for the handler of a `@WebSocket()` route. */
  readonly streams?: Readonly<Record<string, CallType>>;
}

/**
 * Routes by path, as the server writes it: `'/chat/:room'`. Any interface whose properties are routes works;
 * `revali-ws client` writes one from a server's document.
 */
export type RouteMap = object;

/** A route without a type: you can send anything, and every message that arrives is unknown. */
// A type, not an interface: only types fit an index signature.
export type AnyRoute = {
  readonly mode?: undefined;
  readonly params?: Params;
  readonly query?: Query;
  readonly calls: Readonly<Record<string, { readonly body?: unknown; readonly result: unknown }>>;
  readonly streams: Readonly<Record<string, { readonly body?: unknown; readonly result: unknown }>>;
};

/** The routes of `createClient()` without a type argument. */
export type AnyRoutes = Readonly<Record<string, AnyRoute>>;

/** The value of a query parameter. `undefined` and `null` leave it out; a list repeats it. */
export type QueryValue = string | number | boolean | bigint | null | undefined;

/** Query parameters of a handshake. */
export type Query = Readonly<Record<string, QueryValue | readonly QueryValue[]>>;

/** Parameters of a path. A list holds the segments of a wildcard. */
export type Params = Readonly<Record<string, string | number | readonly (string | number)[]>>;

/** The paths in a map of routes. */
export type PathOf<Routes extends RouteMap> = keyof Routes & string;

/** A property of the route, or `Otherwise` if the route does not have it. */
type Said<Route, Key extends string, Otherwise> = Key extends keyof Route
  ? Exclude<Route[Key & keyof Route], undefined>
  : Otherwise;

/** Messages that clients send on the route. */
export type SentOn<Route> = Said<Route, 'receives', unknown>;

/** Messages that clients get on the route. */
export type GotOn<Route> = Said<Route, 'sends', unknown>;

/** The application's close codes on the route; `number` if the route does not list them. */
export type CodeOn<Route> =
  Said<Route, 'closes', number> extends infer Code extends number ? Code : number;

/** Who may send on the route. */
export type ModeOn<Route> =
  Said<Route, 'mode', 'twoWay'> extends infer Mode extends RouteMode
    ? [Mode] extends [never]
      ? 'twoWay'
      : Mode
    : 'twoWay';

/** The route's handlers that answer with a value. */
export type CallsOn<Route> = Said<Route, 'calls', object>;

/** The route's handlers that answer with a stream. */
export type StreamsOn<Route> = Said<Route, 'streams', object>;

/** Whether all properties are optional. */
type IsOptional<T> = Partial<T> extends T ? true : false;

/** Required if one of its own properties is. A route without `params` takes none; one without `query` takes any. */
type Part<Route, Key extends 'params' | 'query'> = Key extends keyof Route
  ? undefined extends Route[Key & keyof Route]
    ? { readonly [Name in Key]?: Route[Key & keyof Route] }
    : IsOptional<Route[Key & keyof Route]> extends true
      ? { readonly [Name in Key]?: Route[Key & keyof Route] }
      : { readonly [Name in Key]: Route[Key & keyof Route] }
  : Key extends 'params'
    ? { readonly params?: undefined }
    : { readonly query?: Query };

/** Parameters and query of a connection, each required only if the route requires some. */
export type HandshakeOf<Route> = Part<Route, 'params'> & Part<Route, 'query'>;

/** Whether you can connect without parameters and query. */
export type IsPlain<Route> = IsOptional<HandshakeOf<Route>>;

/**
 * A value after a round trip through JSON: a `Date` becomes a string, an object with `toJSON()` becomes its result,
 * functions and symbols disappear, and a `Map` or `Set` becomes an empty object.
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

/** In a list, a value without a JSON form becomes `null`. */
type WireItem<T> = T extends undefined | symbol | ((...args: never[]) => unknown) ? null : Wire<T>;

type IsJson<Key, Value> = Key extends string | number
  ? [Exclude<Value, undefined>] extends [never]
    ? false
    : [Exclude<Value, undefined>] extends [symbol | ((...args: never[]) => unknown)]
      ? false
      : true
  : false;

/** Bytes are not JSON: the client gets them as an `ArrayBuffer`, and can send them in any form. */
type Bytes = ArrayBuffer | ArrayBufferView;

type Received<T> = unknown extends T ? unknown : T extends Bytes ? Bytes : Wire<T>;
type Sent<T> = unknown extends T ? unknown : T extends Bytes ? ArrayBuffer : Wire<T>;

/** The messages that a handler's result sends: the values of promises and streams. */
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

/** The item type, from the first parameter of `Observable.subscribe()`, a partial observer. */
type ItemOf<Observer> = Observer extends (value: infer Item) => unknown
  ? Item
  : Observer extends { next?: infer Next }
    ? NonNullable<Next> extends (value: infer Item) => unknown
      ? Item
      : never
    : never;

/** The messages that an `AsyncWebSocketSender<T>` among the parameters sends. */
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
 * The route of a controller's method, for front ends that can see the server's sources. Import the controller with
 * `import type` to keep its code out of your bundle.
 *
 * @typeParam Method `ChatController['say']`.
 * @typeParam Body Index of the body among the parameters. Default: `-1`, for none.
 * @typeParam Rest Facts that the method's type lacks: `{ mode: 'sendOnly'; params: { room: string } }`.
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
 * Settings of a route that a client needs at run time if they differ from the defaults. `revali-ws client` writes them
 * as `routes`, next to the types.
 */
export interface RouteSettings {
  /** How messages are read and written. Default: `'auto'`. */
  readonly format?: 'auto' | 'json' | 'text' | 'raw' | 'binary';
  /** The client gives up a connection that is silent for this long. Milliseconds: 2.5 times the server's `beat`. */
  readonly silence?: number;
  /** The message property that names its type: the server's option `by`. Default: `'type'`. */
  readonly type?: string;
  /** The message property that holds the body: the server's option `body`. Default: the whole message. */
  readonly body?: string;
}

/** Settings by the path of the route. */
export type RouteTable = Readonly<Record<string, RouteSettings>>;
