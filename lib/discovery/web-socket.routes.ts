import { Injectable } from '@nestjs/common';
import type { RouteDefinition } from './route.definition.js';
import { routeInfosOf, type WebSocketRouteInfo } from './route.info.js';

/**
 * The WebSocket routes that the application serves, for documents, clients and tests. It can be injected anywhere.
 *
 * @example
 * ```ts
 * for (const { path, mode } of app.get(WebSocketRoutes)) console.log(path, mode);
 * ```
 */
@Injectable()
export class WebSocketRoutes implements Iterable<WebSocketRouteInfo> {
  private infos: readonly WebSocketRouteInfo[] | undefined;

  /** @internal */
  publish(routes: readonly RouteDefinition[]): void {
    this.infos = Object.freeze(routes.flatMap((route) => routeInfosOf(route)));
  }

  /**
   * In the order in which they were declared. The list cannot be changed.
   *
   * @throws Error before `app.init()`.
   */
  get all(): readonly WebSocketRouteInfo[] {
    if (!this.infos)
      throw new Error('WebSocketRoutes was read before app.init(). Await app.init() first.');
    return this.infos;
  }

  /** @throws Error before `app.init()`. */
  [Symbol.iterator](): Iterator<WebSocketRouteInfo> {
    return this.all[Symbol.iterator]();
  }
}
