import 'reflect-metadata';
import { readMetadata } from '../nest/metadata.js';
import type { ObserverReference } from '../observers/web-socket.observer.js';
import type { WebSocketRouteOptions } from '../options/revali-ws.options.js';

// Symbol.for: the ESM and the CommonJS build of this package read each other's metadata.
const ROUTES = Symbol.for('nestjs-revali-ws:routes');
const OBSERVERS = Symbol.for('nestjs-revali-ws:observers');

/** What one `@WebSocket()` says. */
export interface RouteMetadata {
  readonly paths: readonly string[];
  readonly options: WebSocketRouteOptions;
  /** Whether an empty path stands in a list: Nest reads `@Get([''])` otherwise than `@Get()`. */
  readonly listsEmptyPath?: boolean;
}

/** The only place that knows the metadata keys. */
export const RouteMetadataAccessor = {
  addRoute(method: object, route: RouteMetadata): void {
    const routes = RouteMetadataAccessor.routesOf(method);
    Reflect.defineMetadata(ROUTES, [route, ...routes], method);
  },

  routesOf(method: unknown): readonly RouteMetadata[] {
    if (typeof method !== 'function') return [];
    const routes = readMetadata(ROUTES, method);
    return isListOfRoutes(routes) ? routes : [];
  },

  /** As Nest reads those of `@Get()`: none is a slash, and an empty one of a list stays empty. */
  methodPathsOf({ paths, listsEmptyPath = false }: RouteMetadata): readonly string[] {
    return listsEmptyPath ? paths : paths.map((path) => path || '/');
  },

  addObservers(target: object, observers: readonly ObserverReference[]): void {
    const present = RouteMetadataAccessor.observersOf(target);
    Reflect.defineMetadata(OBSERVERS, [...observers, ...present], target);
  },

  observersOf(target: object): readonly ObserverReference[] {
    const observers = readMetadata(OBSERVERS, target);
    return isListOfObservers(observers) ? observers : [];
  },
};

/** Only `addRoute()` writes under this key. */
function isListOfRoutes(value: unknown): value is readonly RouteMetadata[] {
  return Array.isArray(value);
}

/** Only `addObservers()` writes under this key. */
function isListOfObservers(value: unknown): value is readonly ObserverReference[] {
  return Array.isArray(value);
}
