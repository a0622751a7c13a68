import type { WebSocketRouteInfo } from 'nestjs-revali-ws';
import { match } from 'path-to-regexp';
import { RELAY } from './relay.mark.js';

export function isRelay({ controller }: Pick<WebSocketRouteInfo, 'controller'>): boolean {
  return Reflect.has(controller, RELAY);
}

/** @param path Of a request, without the query. Parameters of the route may stand in a global prefix, too. */
export function isServedAt(
  { path: pattern }: Pick<WebSocketRouteInfo, 'path'>,
  path: string,
): boolean {
  try {
    return match(pattern)(path) !== false;
  } catch {
    // Escapes that decode to no text.
    return false;
  }
}
