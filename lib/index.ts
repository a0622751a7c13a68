/**
 * WebSocket routes on ordinary Nest controllers: decorators, the module and its options, what handlers use, what
 * observers and metrics see, and errors.
 *
 * @module nestjs-revali-ws
 */

// declare
export { Connection } from './decorators/connection.decorator.js';
export { Closes, Receives, Sends } from './decorators/document.decorators.js';
export { OnClose, OnConnect, OnMessage } from './decorators/message.decorators.js';
export { UseObservers } from './decorators/use-observers.decorator.js';
export { WebSocket, type WebSocketDecorator } from './decorators/web-socket.decorator.js';
export { WebSocketController } from './decorators/web-socket-controller.decorator.js';

// configure
export { RevaliWsAdapter } from './gateways/revali-ws.adapter.js';
export type { GatewayClient } from './gateways/gateway.client.js';
export type { GatewaySnapshot } from './gateways/gateway.counters.js';
export type {
  GatewayFrame,
  GatewayMessageParser,
  GatewayOptions,
  GatewayRequest,
  GatewayServerOptions,
  RevaliWsAdapterOptions,
} from './gateways/gateway.options.js';
export type { GatewayServer } from './gateways/gateway.server.js';
export { RevaliWsModule } from './revali-ws.module.js';
export type {
  DefaultRevaliWsOptionsFactory,
  RevaliWsModuleAsyncOptions,
  RevaliWsOptionsFactory,
  RevaliWsOptionsProvider,
} from './options/revali-ws.options.factory.js';
export {
  WebSocketMode,
  type BackpressureOptions,
  type ConnectionOptions,
  type Duration,
  type ErrorPolicy,
  type ExpiryReader,
  type MaxWaitingOptions,
  type MessageRateOptions,
  type OriginPolicy,
  type PingOptions,
  type RecurringGuards,
  type RevaliWsModuleOptions,
  type SubprotocolChooser,
  type SubprotocolOptions,
  type WebSocketRouteOptions,
} from './options/revali-ws.options.js';
export type { MessageCodec, MessageFormat } from './options/message.format.js';
export type { MessageTypeReader, WebSocketControllerOptions } from './options/message.types.js';
export type {
  DeclaredMessage,
  MessageDescription,
  MessageType,
} from './discovery/message.description.js';
export type {
  WebSocketBodyPart,
  WebSocketHandlerInfo,
  WebSocketMessageInfo,
  WebSocketRouteBody,
} from './discovery/handler.info.js';
export type { WebSocketHandshakeField } from './discovery/handshake.fields.js';
export type { WebSocketRouteInfo, WebSocketRouteParameter } from './discovery/route.info.js';
export type { WebSocketRouteRooms } from './discovery/route.rooms.js';
export { exploreRoutes, type ExploredRoutes } from './discovery/explored.routes.js';
export { WebSocketRoutes } from './discovery/web-socket.routes.js';
export type { RouteHost } from './nest/route.paths.js';
export type {
  ResolvedBackpressure,
  ResolvedMaxWaiting,
  ResolvedMessageRate,
  ResolvedPing,
  ResolvedRecurringGuards,
} from './options/connection.descriptors.js';
export type {
  ResolvedConnectionOptions,
  ResolvedRouteOptions,
} from './options/revali-ws.options.resolver.js';
// rooms
export { JoinedRoom, JoinRoom, WebSocketRooms } from './decorators/room.decorators.js';
export {
  Room,
  type Accepted,
  type BroadcastOptions,
  type ExpelClose,
  type ExpelTarget,
  type HistoryQuery,
  type JoinOptions,
  type KeptRecord,
  type Membership,
  type Position,
  type RoomClient,
  type RoomGap,
  type RoomHistory,
  type RoomRecord,
} from './handles/room.handle.js';
export type {
  MemberKey,
  Present,
  PresenceChange,
  PresenceCount,
} from './handles/presence.handle.js';
export { Rooms, type AnyRooms } from './rooms/rooms.js';
export type { BrokerStatus } from './rooms/broker.session.js';
export type { RoomNames } from './rooms/route.joins.js';
export type { JoinRoomOptions, RoomsClass } from './discovery/join.metadata.js';
export { MemoryBroker, type BrokerParty } from './brokers/memory.broker.js';
export type {
  BrokerCapabilities,
  BrokerConnectOptions,
  BrokerEvents,
  BrokerLink,
  HistoryEntry,
  HistoryLimits,
  HistoryPage,
  HistoryStep,
  HistoryStore,
  NodePresence,
  PresenceChangeRecord,
  PresenceEntry,
  PresenceStore,
  PublishOptions,
  PublishReceipt,
  RoomBroker,
  RoomFilter,
  RoomKey,
  RoomPosition,
} from './brokers/room.broker.js';
export type {
  HistoryOptions,
  OutageOptions,
  RingOptions,
  RoomsModuleOptions,
  RoomsOptions,
} from './options/rooms.options.js';
export type {
  ResolvedHistory,
  ResolvedOutage,
  ResolvedRing,
  ResolvedRooms,
} from './options/rooms.descriptors.js';
export {
  AmbiguousRoomParameterException,
  BrokerUnavailableException,
  DuplicateRoomsNameException,
  InvalidRoomNameException,
  InvalidRoomsException,
  MessageTooLargeException,
  NoHistoryException,
  RoomAuthorizationTimeoutException,
  RoomForbiddenException,
  RoomGapException,
  TooManyRoomsException,
} from './errors/room.exceptions.js';
export { UnusableBrokerException } from './errors/broker.exceptions.js';
export {
  BrokerCapabilityException,
  InvalidRoomMemberException,
  NoPresenceException,
  PresenceTooLargeException,
} from './errors/presence.exceptions.js';

export type { ResolvedSubprotocols } from './options/route.descriptors.js';
export { connectInProcess, type InProcessConnection } from './in-process/connect.in-process.js';
export type { InProcessPeer } from './in-process/in-process.socket.js';
export { WebSocketServers, type AttachableServer } from './handshake/web-socket.servers.js';

// handle
export { CloseCode } from './close/close.code.js';
export {
  AsyncWebSocketSender,
  CleanUp,
  CloseWebSocket,
  WebSocketConnection,
  type HandshakeRequest,
} from './handles/connection.handles.js';
export type { ConnectionHandshake } from './handles/connection.handshake.js';
export type { BodyKind } from './message/message.body.js';
export { NO_REPLY } from './message/no.reply.js';
export { PreparedMessage } from './handles/prepared.message.js';

// observe
export type {
  ConnectionInitiator,
  ConnectionOutcome,
  WebSocketObserver,
  WebSocketObserverContext,
} from './observers/web-socket.observer.js';

export type {
  ConnectionEndedEvent,
  ConnectionOpenedEvent,
  MessageHandledEvent,
} from './metrics/connection.channels.js';
export type {
  BrokerLostEvent,
  BrokerReadyEvent,
  RoomGapEvent,
  RoomMemberEvent,
} from './metrics/room.channels.js';
export { RevaliWsMetrics, type RevaliWsMetricsSnapshot } from './metrics/revali-ws.metrics.js';
export type { RoomMetricsSnapshot } from './metrics/room.metrics.js';

// fail
export {
  DuplicateMessageHandlerException,
  MessageOutsideControllerException,
  MisplacedDecoratorException,
  UnknownMessageTypeException,
} from './errors/message.exceptions.js';
export { InvalidExpiryException } from './errors/expiry.exceptions.js';
export {
  CloseWebSocketException,
  DuplicateGatewayPathException,
  DuplicateRevaliWsModuleException,
  DuplicateWebSocketRouteException,
  InvalidCloseCodeException,
  InvalidOptionsFactoryException,
  InvalidPayloadException,
  InvalidWebSocketOptionException,
  InvalidWebSocketPathException,
  NoConnectionException,
  UnserializableMessageException,
  UnsupportedHttpAdapterException,
  UnsupportedNamespaceException,
  UnsupportedNestVersionException,
  UnsupportedParameterException,
  UnsupportedWsVersionException,
  UnsupportedRuntimeException,
  WebSocketOutsideControllerException,
  WebSocketPathTakenException,
} from './errors/revali-ws.exceptions.js';
