import { Injectable } from '@nestjs/common';
import type { RouteDefinition } from './route.definition.js';
import { routeInfosOf, type WebSocketRouteInfo } from './route.info.js';
import type { WebSocketRoutes } from './web-socket.routes.js';

/** The provider behind `WebSocketRoutes`, once the routes are found. */
@Injectable()
export class RouteList implements WebSocketRoutes {
  private infos: readonly WebSocketRouteInfo[] | undefined;

  publish(routes: readonly RouteDefinition[]): void {
    this.infos = Object.freeze(routes.flatMap((route) => routeInfosOf(route)));
  }

  get all(): readonly WebSocketRouteInfo[] {
    if (!this.infos)
      throw new Error('WebSocketRoutes was read before app.init(). Await app.init() first.');
    return this.infos;
  }

  [Symbol.iterator](): Iterator<WebSocketRouteInfo> {
    return this.all[Symbol.iterator]();
  }
}
