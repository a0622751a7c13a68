import type { Type } from '@nestjs/common';
import type { FaultLocation } from '../errors/revali-ws.exceptions.js';
import type { InstanceWrapper, Module } from '../nest/internals.js';
import type { RouteHost, ServedPath } from '../nest/route.paths.js';
import type { ObserverReference } from '../observers/web-socket.observer.js';
import type { ResolvedRouteOptions } from '../options/revali-ws.options.resolver.js';

/** One `@WebSocket()` of one controller in one module. */
export interface RouteDefinition {
  readonly location: FaultLocation;
  /** `ChatController.join()`. */
  readonly where: string;
  readonly controller: Type<unknown>;
  readonly wrapper: InstanceWrapper<object>;
  readonly module: Module;
  readonly methodName: string;
  /** The method as its enhancers' metadata is read from it. */
  readonly method: (...args: unknown[]) => unknown;
  readonly paths: readonly ServedPath[];
  readonly hosts: readonly RouteHost[];
  readonly options: ResolvedRouteOptions;
  readonly observers: readonly ObserverReference[];
}

/** One path of one route: what Nest registers one by one. */
export interface RouteEntry {
  readonly route: RouteDefinition;
  readonly served: ServedPath;
}
