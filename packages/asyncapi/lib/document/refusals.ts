import type { WebSocketRouteInfo } from 'nestjs-revali-ws';
import { hasGuards } from '../decorators/guards.js';
import { memberOf } from '../schema/json.schema.js';
import { SwaggerMetadata } from './swagger.metadata.js';

const REFUSAL_OFFSET = 4_000;
/** Close codes that stand for the HTTP statuses of refusals. */
const REFUSAL_CODE = /^4[3-5]\d\d$/;

/**
 * Lists the refusals of a handshake by HTTP status: `@ApiResponse()` for 3xx, 4xx and 5xx, `@Closes()` for
 * 4000 + status, and the 403 of a guard's `false`.
 */
export function refusalsOf(route: WebSocketRouteInfo): Record<string, string> {
  const method: unknown = memberOf(route.controller.prototype, route.methodName);
  const closes = Object.entries(route.closes).filter(([code]) => REFUSAL_CODE.test(code));
  return {
    ...([route.controller, method].some(hasGuards) && { 403: 'Forbidden resource' }),
    ...SwaggerMetadata.refusalsOf(method),
    ...Object.fromEntries(
      closes.map(([code, text]) => [String(Number(code) - REFUSAL_OFFSET), text]),
    ),
  };
}
