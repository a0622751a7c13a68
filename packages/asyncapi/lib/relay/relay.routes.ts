import type { WebSocketRouteInfo } from 'nestjs-revali-ws';
import { match } from 'path-to-regexp';
import { RELAY } from './relay.mark.js';

export function isRelay({ controller }: Pick<WebSocketRouteInfo, 'controller'>): boolean {
  return Reflect.has(controller, RELAY);
}

/** @param path The path of a request, without the query. A global prefix may contain parameters, too. */
export function isServedAt(
  { path: pattern }: Pick<WebSocketRouteInfo, 'path'>,
  path: string,
): boolean {
  try {
    return match(pattern)(path) !== false;
  } catch {
    // The path has escapes that do not decode to text.
    return false;
  }
}
