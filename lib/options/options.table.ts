import {
  backpressure,
  beat,
  expires,
  guards,
  messageRate,
  origins,
  ping,
} from './connection.descriptors.js';
import {
  boolean,
  duration,
  integer,
  limit,
  oneOf,
  timeLimit,
  type OptionTable,
} from './option.descriptor.js';
import {
  WebSocketMode,
  type ConnectionOptions,
  type RevaliWsModuleOptions,
  type WebSocketRouteOptions,
} from './revali-ws.options.js';
import { rooms } from './rooms.descriptors.js';
import { format, protocols } from './route.descriptors.js';
import { observers, perMessageDeflate } from './server.descriptors.js';

// Every option once. Times are in ms, sizes in bytes. A test compares `docs/options.md` with this table.

/** For the module and for each route. A route inherits from the module what it omits. */
export const CONNECTION_OPTIONS = {
  ping,
  beat,
  origins,
  maxPayload: integer('bytes', 1024 * 1024),
  maxDepth: integer('levels', 1_000),
  backpressure,
  messageRate,
  idleTimeout: timeLimit(),
  maxLifetime: timeLimit(),
  errors: oneOf(['close', 'reply'], 'close'),
  guards,
  expires,
} satisfies OptionTable<ConnectionOptions>;

/** For routes only. */
export const ROUTE_OPTIONS = {
  ...CONNECTION_OPTIONS,
  mode: oneOf<`${WebSocketMode}`>(Object.values(WebSocketMode), 'twoWay'),
  triggerOnConnect: boolean(false),
  format,
  concurrency: integer('messages', 1),
  protocols,
} satisfies OptionTable<WebSocketRouteOptions>;

/** For the module and for the gateway adapter. */
export const SERVER_OPTIONS = {
  ...CONNECTION_OPTIONS,
  perMessageDeflate,
  refusal: oneOf(['http', 'close'], 'http'),
  maxQueuedMessages: integer('messages of one connection', 64),
  maxConnections: limit('connections'),
  maxConnectionsPerSession: integer('WebSockets of one HTTP/2 connection', 256),
  maxPendingHandshakes: integer('upgrades', 1_000),
  handshakeTimeout: duration(10_000),
  closeTimeout: duration(5_000),
  shutdownTimeout: duration(10_000),
} satisfies OptionTable<Omit<RevaliWsModuleOptions, 'observers' | 'rooms'>>;

/** For the module only. */
export const MODULE_OPTIONS = {
  ...SERVER_OPTIONS,
  observers,
  rooms,
} satisfies OptionTable<RevaliWsModuleOptions>;
