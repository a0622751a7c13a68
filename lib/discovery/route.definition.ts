import type { Type } from '@nestjs/common';
import type { FaultLocation } from '../errors/revali-ws.exceptions.js';
import type { InstanceWrapper, Module } from '../nest/internals.js';
import type { RouteHost, ServedPath } from '../nest/route.paths.js';
import type { ObserverReference } from '../observers/web-socket.observer.js';
import type { ResolvedMessageTypes } from '../options/message.types.js';
import type { ResolvedRouteOptions } from '../options/revali-ws.options.resolver.js';
import type { JoinMetadata } from './join.metadata.js';
import type { WebSocketRouteRooms } from './route.rooms.js';

/** The method names of a `@WebSocketController`. */
export interface MessageMethods extends ResolvedMessageTypes {
  readonly byType: ReadonlyMap<string, string>;
  /** Handles messages that no other method handles. */
  readonly rest: string | undefined;
  readonly onConnect: string | undefined;
  readonly onClose: string | undefined;
}

/** One `@WebSocket()` of one controller in one module, or one `@WebSocketController`. */
export interface RouteDefinition {
  readonly location: FaultLocation;
  /** `ChatController.join()`, or `ChatController`. */
  readonly where: string;
  readonly controller: Type<unknown>;
  readonly wrapper: InstanceWrapper<object>;
  readonly module: Module;
  /** Empty for a `@WebSocketController`. */
  readonly methodName: string;
  /** The method that holds the enhancers' metadata; a `@WebSocketController` uses one without metadata. */
  readonly method: (...args: unknown[]) => unknown;
  readonly paths: readonly ServedPath[];
  readonly hosts: readonly RouteHost[];
  readonly options: ResolvedRouteOptions;
  readonly observers: readonly ObserverReference[];
  /** Rooms that its connections join. */
  readonly joins: readonly JoinMetadata[];
  /** The same rooms in public form. */
  readonly rooms: readonly WebSocketRouteRooms[];
  /** Only for a `@WebSocketController`. */
  readonly messages?: MessageMethods;
}

/** One path of one route: Nest registers each path separately. */
export interface RouteEntry {
  readonly route: RouteDefinition;
  readonly served: ServedPath;
}
