import type { MessageFormat } from './message.format.js';
import type { ResolvedMessageTypes, WebSocketControllerOptions } from './message.types.js';
import { OptionReader } from './option.reader.js';
import type { WebSocketRouteOptions } from './revali-ws.options.js';
import {
  resolveRouteOptions,
  type ResolvedModuleOptions,
  type ResolvedRouteOptions,
} from './revali-ws.options.resolver.js';

/** With these a message has no properties. */
const FLAT_FORMATS: ReadonlySet<MessageFormat> = new Set<MessageFormat>(['raw', 'text', 'binary']);

const PLACE_KEYS: ReadonlySet<string> = new Set(['path', 'host', 'version', 'scope', 'durable']);

/**
 * @param where Names the class in refusals.
 * @throws InvalidWebSocketOptionException
 */
export function resolveControllerOptions(
  where: string,
  { by, body, ...options }: WebSocketControllerOptions,
  module: ResolvedModuleOptions,
): { route: ResolvedRouteOptions; types: ResolvedMessageTypes } {
  const reader = new OptionReader(where);
  refuseForeign(reader, options);
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
 * For what Nest would pass over without a word.
 *
 * @throws InvalidWebSocketOptionException
 */
export function checkPlace(where: string, place: object): void {
  for (const key of Object.keys(place)) {
    if (PLACE_KEYS.has(key)) continue;
    const cure = `Use one of ${[...PLACE_KEYS].join(', ')}; other options go into the second argument of @WebSocketController().`;
    new OptionReader(where).refuse(key, Reflect.get(place, key), cure);
  }
}

function refuseForeign(reader: OptionReader, options: WebSocketRouteOptions): void {
  const { mode, triggerOnConnect } = options;
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

/** What it returns is looked at when it returns. */
function isReader(value: unknown): value is Exclude<ResolvedMessageTypes['by'], string> {
  return typeof value === 'function';
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
