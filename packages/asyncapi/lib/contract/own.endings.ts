import { STATUS_CODES } from 'node:http';
import { isRecord, listOf } from '../schema/json.schema.js';

/** The facts about a route that AsyncAPI has no words for. */
export type RouteExtension = Readonly<Record<string, unknown>>;

/** Close codes that replace HTTP statuses (option `refusal`): 4000 + status. */
const REFUSAL_OFFSET = 4_000;

/** Codes that the framework closes with on any route, for its own reasons. */
const ANY_REASON: ReadonlySet<number> = new Set([1000, 1001, 1002, 1005, 1009]);

/** Codes that applications use, too. They are the framework's own only with these reasons. */
const OWN_REASONS: ReadonlyMap<number, ReadonlySet<string>> = new Map([
  [1008, new Set(['Slow consumer', 'Too many queued messages', 'Too many control frames', ''])],
]);

/** The framework's own refusals: the messages of their bodies, by status. */
const OWN_REFUSALS: ReadonlyMap<number, ReadonlySet<string>> = new Map([
  [
    400,
    new Set([
      'Ambiguous path',
      'A header without a name',
      'An upgrade request has no body',
      'Invalid Sec-WebSocket-Protocol',
      'Invalid Upgrade header',
      'Missing or invalid Sec-WebSocket-Key',
      'Missing or unsupported Sec-WebSocket-Version',
      'Missing, repeated or invalid Host',
      'Repeated Origin',
      'Upgrade needs HTTP/1.1',
    ]),
  ],
  [403, new Set(['Origin is not allowed'])],
  [405, new Set(['Upgrade needs GET'])],
  [408, new Set(['The handshake took too long'])],
  [426, new Set(['Upgrade Required'])],
  [431, new Set(['Request Header Fields Too Large'])],
  [
    503,
    new Set([
      'Server is not ready',
      'Server is shutting down',
      'Too many connections',
      'Too many pending handshakes',
    ]),
  ],
]);

/** Whether the route's declarations or the framework allow this close. */
export function mayClose(route: RouteExtension, code: number, reason: string): boolean {
  if (String(code) in recordOf(route['closes'])) return true;
  if (ANY_REASON.has(code) || OWN_REASONS.get(code)?.has(reason) === true) return true;
  if (code === 1008 && reason === 'Too many messages') return route['messageRate'] !== undefined;
  if (code === 1012) return route['maxLifetime'] !== undefined;
  if (code === 1013) return listOf(route['rooms']).length > 0;
  const status = code - REFUSAL_OFFSET;
  return status >= 300 && status < 600 && mayRefuse(route, status, { message: reason });
}

/** Whether the route's declarations or the framework allow this refusal. */
export function mayRefuse(route: RouteExtension, status: number, body: unknown): boolean {
  if (String(status) in recordOf(route['refusals'])) return true;
  const message = messageIn(body);
  if (OWN_REFUSALS.get(status)?.has(message) === true) return true;
  if (status === 404) return hasOthers(route);
  if (status === 400 && message === 'None of the offered subprotocols is supported')
    return route['protocolRequired'] === true;
  return listOf(route['rooms']).length > 0 && isOfRooms(status, message);
}

/** A route's declarations, for the text of a failure. */
export function declaredOf(route: RouteExtension, name: 'closes' | 'refusals'): string {
  const codes = Object.keys(recordOf(route[name]));
  return codes.length > 0 ? codes.join(', ') : 'none';
}

export function statusText(status: number): string {
  return `${status} ${STATUS_CODES[status] ?? ''}`.trim();
}

/** Whether the path is served only for some versions or hosts, and not found for others. */
function hasOthers(route: RouteExtension): boolean {
  return listOf(route['versions']).length > 0 || listOf(route['hosts']).length > 0;
}

function isOfRooms(status: number, message: string): boolean {
  if (status === 400) return message === 'Invalid room name';
  if (status === 403) return message === 'Forbidden room';
  if (status === 429) return /^More than \d+ rooms$/.test(message);
  return status === 503 && message === 'Rooms are not available';
}

function messageIn(body: unknown): string {
  const message = isRecord(body) ? body['message'] : undefined;
  return typeof message === 'string' ? message : '';
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? { ...value } : {};
}
