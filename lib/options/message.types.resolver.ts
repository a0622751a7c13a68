import type { MessageFormat } from './message.format.js';
import type { ResolvedMessageTypes, WebSocketControllerOptions } from './message.types.js';
import { OptionReader } from './option.reader.js';
import { ROUTE_OPTIONS } from './options.table.js';
import type { WebSocketRouteOptions } from './revali-ws.options.js';
import {
  resolveRouteOptions,
  type ResolvedModuleOptions,
  type ResolvedRouteOptions,
} from './revali-ws.options.resolver.js';

/** Messages in these formats have no properties. */
const FLAT_FORMATS: ReadonlySet<MessageFormat> = new Set<MessageFormat>(['raw', 'text', 'binary']);

const PATH_CURE = 'Use a path, or a list of paths.';
const PLACE_CURE = 'Use a path, a list of paths, or an object with path, host and version.';

/** In the order in which errors list them. */
const KNOWN = [
  'by',
  'body',
  ...Object.keys(ROUTE_OPTIONS).filter((name) => name !== 'triggerOnConnect'),
];

const PLACE_KEYS: ReadonlySet<string> = new Set(['path', 'host', 'version', 'scope', 'durable']);

/**
 * @param where Names the class in errors.
 * @throws InvalidWebSocketOptionException
 */
export function resolveControllerOptions(
  where: string,
  given: WebSocketControllerOptions,
  module: ResolvedModuleOptions,
): { route: ResolvedRouteOptions; types: ResolvedMessageTypes } {
  const reader = new OptionReader(where);
  refuseForeign(reader, given);
  reader.knownKeys(given, KNOWN);
  const { by, body, ...options } = given;
  const route = resolveRouteOptions(where, options, module);
  const types = { by: readBy(reader, by), body: readBody(reader, body) };
  const { format } = route;
  if (typeof format !== 'string' || !FLAT_FORMATS.has(format)) return { route, types };
  const cure = `With the format '${format}' messages have no properties. `;
  if (typeof types.by === 'string')
    reader.refuse('by', types.by, `${cure}Use a function of the message, or another format.`);
  if (types.body !== undefined)
    reader.refuse('body', types.body, `${cure}Leave it out, or use another format.`);
  return { route, types };
}

/**
 * Catches values that Nest would silently ignore.
 *
 * @throws InvalidWebSocketOptionException
 */
export function checkPlace(where: string, place: unknown): void {
  const reader = new OptionReader(where);
  if (isPaths(place)) return;
  if (typeof place !== 'object' || place === null || Array.isArray(place))
    return reader.refuse('place of @WebSocketController()', place, PLACE_CURE);
  for (const key of Object.keys(place)) {
    if (PLACE_KEYS.has(key)) continue;
    const cure = `Use one of ${[...PLACE_KEYS].join(', ')}; other options go into the second argument of @WebSocketController().`;
    reader.refuse(key, Reflect.get(place, key), cure);
  }
  const path: unknown = Reflect.get(place, 'path');
  if (path !== undefined && !isPaths(path)) reader.refuse('path', path, PATH_CURE);
}

/** An empty list would serve nothing. */
function isPaths(value: unknown): boolean {
  const paths: unknown[] = [value].flat();
  return paths.length > 0 && paths.every((path) => typeof path === 'string');
}

/** @param options May be `null` when the caller is JavaScript. */
function refuseForeign(reader: OptionReader, options: WebSocketRouteOptions | null): void {
  const { mode, triggerOnConnect } = options ?? {};
  if (mode === 'sendOnly')
    reader.refuse('mode', mode, 'Use @OnConnect() for what is sent, or @WebSocket() in this mode.');
  if (triggerOnConnect !== undefined)
    reader.refuse('triggerOnConnect', triggerOnConnect, 'Put @OnConnect() on the method.');
}

function readBy(reader: OptionReader, by: unknown): ResolvedMessageTypes['by'] {
  if (by === undefined) return 'type';
  if (isName(by)) return by;
  if (isReader(by)) {
    reader.syncFunc('by', by);
    return by;
  }
  return reader.refuse('by', by, 'Use the name of a property, or a function of the message.');
}

function readBody(reader: OptionReader, body: unknown): string | undefined {
  if (body === undefined || isName(body)) return body;
  return reader.refuse('body', body, 'Use the name of a property.');
}

/** The reader's result is checked on each call. */
function isReader(value: unknown): value is Exclude<ResolvedMessageTypes['by'], string> {
  return typeof value === 'function';
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
