import { SharedClass } from '../handles/shared.class.js';
import type { WebSocketRouteInfo } from './route.info.js';

/**
 * The WebSocket routes that the application serves, for documents, clients, and tests. You can inject it anywhere.
 *
 * @example
 * ```ts
 * for (const { path, mode } of app.get(WebSocketRoutes)) console.log(path, mode);
 * ```
 */
@SharedClass('WebSocketRoutes')
export abstract class WebSocketRoutes implements Iterable<WebSocketRouteInfo> {
  /**
   * In declaration order. The list is frozen.
   *
   * @throws Error before `app.init()`.
   */
  abstract readonly all: readonly WebSocketRouteInfo[];

  /** @throws Error before `app.init()`. */
  abstract [Symbol.iterator](): Iterator<WebSocketRouteInfo>;
}
