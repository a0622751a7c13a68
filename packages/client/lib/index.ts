export { CallFailed, calls, CallTimedOut, ConnectionLost } from './calls.js';
export { createClient } from './client.js';
export type {
  Attempt,
  BaseConnection,
  Calling,
  CallOptions,
  Client,
  ClientOptions,
  Closed,
  ClosedKind,
  CloseInfo,
  Connection,
  ConnectionEvents,
  ConnectionOptions,
  ConnectionState,
  ConnectOptions,
  Credentials,
  MessageOrigin,
  RetryOptions,
  Sending,
  SendOptions,
  SocketConstructor,
  SocketEnd,
  SocketLike,
  StandardCode,
  StreamOptions,
} from './client.types.js';
export { ConnectionClosed, NotSent, TooSlow } from './errors.js';
export type { Extended, Extension, ExtensionHost, Framing } from './extension.js';
export type { MessageCodec, MessageFormat, Payload } from './message.format.js';
export type {
  AnyRoute,
  AnyRoutes,
  CallType,
  Params,
  Query,
  QueryValue,
  RouteMap,
  RouteMode,
  RouteOf,
  RouteSettings,
  RouteTable,
  RouteType,
  Wire,
} from './route.types.js';
export { rooms } from './rooms.js';
export type { QueueLimits } from './outgoing.js';
