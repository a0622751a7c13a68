import { isRecord, listOf } from '../schema/json.schema.js';

/** The connection that a page asks the relay to open. */
export interface RelayRequest {
  /** Path and query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly protocols: readonly string[];
}

/** Tells the page what is wrong with its message. */
export class RelayFault extends Error {}

const MAX_PATH = 8 * 1024;
const MAX_HEADERS = 64;
const MAX_HEADER_BYTES = 8 * 1024;
const MAX_PROTOCOLS = 16;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** RFC 9110 section 5.5: no line breaks, no other controls. */
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
/** Path and query in visible ASCII. No second slash in front, no fragment, no characters that some read as slashes. */
const TARGET = /^\/(?!\/)[!"$-[\]-~]*$/;

/** Headers of the connection, or from proxies about the client: no page may make these up. */
const RESERVED: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'forwarded',
  'front-end-https',
  'host',
  'http2-settings',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
  'x-host',
  'x-scheme',
  'x-url-scheme',
]);
const RESERVED_BEGIN = /^(?:proxy-|sec-websocket-)/;
/**
 * Headers that proxies use to describe the client, its request and its user. The relayed request takes them from the
 * page's own request.
 */
const OF_PROXIES =
  /^(?:forwarded|front-end-https|x-host|x-scheme|x-url-scheme|x-forwarded.*|x-original-.*|.*[-_](?:client)?ip(?:v[46])?|.*-external-address|x-(?:auth-request|authenticated|remote|webauth|ms-client|goog-(?:authenticated|iap))-.*|remote-user|cf-access-.*)$/;

/** @throws RelayFault that names the invalid part. */
export function readRelayRequest(message: unknown): RelayRequest {
  if (!isRecord(message)) throw new RelayFault('The first message has to be an object.');
  const { path, headers = {}, protocols = [] } = message;
  return {
    path: readTarget(path),
    headers: readHeaders(headers),
    protocols: readProtocols(protocols),
  };
}

/** The headers that proxies set for the page, with the page's host and origin. */
export function inheritedHeaders(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string> {
  const { host, origin } = headers;
  const told = Object.entries(headers).filter(
    ([name, value]) => OF_PROXIES.test(name) && value !== undefined,
  );
  return {
    ...Object.fromEntries(told.map(([name, value]) => [name, [value].flat().join(', ')])),
    ...(typeof host === 'string' && { host }),
    ...(typeof origin === 'string' && { origin }),
  };
}

function readTarget(path: unknown): string {
  if (typeof path !== 'string' || path.length > MAX_PATH || !TARGET.test(path))
    throw new RelayFault('"path" has to be a path of this server, such as "/chat/blue?name=Ann".');
  const url = new URL(`ws://relay.invalid${path}`);
  if (url.host !== 'relay.invalid' || `${url.pathname}${url.search}` !== path)
    throw new RelayFault(
      '"path" has to be spelled plainly: without "..", and escaped as in a URL.',
    );
  return path;
}

function readHeaders(headers: unknown): Record<string, string> {
  if (!isRecord(headers)) throw new RelayFault('"headers" has to be an object of texts.');
  const entries = Object.entries(headers);
  if (entries.length > MAX_HEADERS) throw new RelayFault(`At most ${MAX_HEADERS} headers.`);
  let size = 0;
  const read = entries.map(([name, value]): [string, string] => {
    const shown = JSON.stringify(name.slice(0, 100));
    if (!TOKEN.test(name)) throw new RelayFault(`No header can have the name ${shown}.`);
    if (typeof value !== 'string' || !FIELD_VALUE.test(value))
      throw new RelayFault(`The header ${shown} has to be a text without line breaks.`);
    if (isReserved(name.toLowerCase())) throw new RelayFault(`The header ${shown} cannot be set.`);
    size += name.length + value.length;
    return [name.toLowerCase(), value];
  });
  if (size > MAX_HEADER_BYTES) throw new RelayFault('The headers are too large.');
  return Object.fromEntries(read);
}

function readProtocols(protocols: unknown): string[] {
  const list = listOf(protocols);
  const names = list.filter((name) => typeof name === 'string' && TOKEN.test(name)).map(String);
  const isFine = Array.isArray(protocols) && names.length === list.length;
  if (!isFine || names.length > MAX_PROTOCOLS || new Set(names).size !== names.length)
    throw new RelayFault('"protocols" has to be a list of different names of subprotocols.');
  return names;
}

function isReserved(name: string): boolean {
  return RESERVED.has(name) || RESERVED_BEGIN.test(name) || OF_PROXIES.test(name);
}
