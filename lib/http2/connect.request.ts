import { IncomingMessage } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http2';
import type { Socket } from 'node:net';

const HOST = 'host';

/** The only one that there is over HTTP/2. */
const VERSION = '13';

/** Any key of the right form: over HTTP/2, the client sends none, and its answer does not go out (RFC 8441 section 5). */
const KEY = 'AAAAAAAAAAAAAAAAAAAAAA==';

/** The request of an extended CONNECT, as Node shows it. */
export interface ConnectHead {
  readonly headers: IncomingHttpHeaders;
  /** Name, value, name, value, … */
  readonly rawHeaders: readonly string[];
}

/** Whether it asks for a WebSocket (RFC 8441 section 4); other protocols are not ours. */
export function asksForWebSocket(headers: IncomingHttpHeaders): boolean {
  return headers[':method'] === 'CONNECT' && headers[':protocol']?.toLowerCase() === 'websocket';
}

/**
 * An extended CONNECT as middleware, guards, and handlers know requests: a GET of its path, with the authority as
 * `Host`, and without pseudo-headers.
 */
export class ConnectRequest extends IncomingMessage {
  constructor(socket: Socket, { headers, rawHeaders }: ConnectHead) {
    super(socket);
    this.method = 'GET';
    this.url = headers[':path'] ?? '';
    this.httpVersion = '2.0';
    this.httpVersionMajor = 2;
    this.httpVersionMinor = 0;
    const host = headers[':authority'] ?? headers.host;
    const plain = Object.entries(headers).filter(([name]) => isPlain(name));
    this.headers = { ...(host !== undefined && { host }), ...Object.fromEntries(plain) };
    this.rawHeaders = rawOf(rawHeaders, host);
    // It has no body: what follows belongs to the connection.
    this.complete = true;
    this.push(null);
  }

  static {
    // Node's own counts the headers that its parser has found.
    Object.defineProperty(this.prototype, 'headersDistinct', {
      configurable: true,
      get(this: ConnectRequest): Record<string, string[]> {
        return distinctOf(this.rawHeaders);
      },
    });
  }
}

/** The request as `ws` expects one: with the headers that only HTTP/1.1 has. */
export function asUpgradeRequest(request: IncomingMessage): IncomingMessage {
  const headers = {
    ...request.headers,
    connection: 'Upgrade',
    'sec-websocket-version': VERSION,
    upgrade: 'websocket',
    'sec-websocket-key': KEY,
  };
  return new Proxy(request, {
    get: (target, name): unknown => (name === 'headers' ? headers : Reflect.get(target, name)),
  });
}

/** @returns The value of each header of this name. */
export function valuesOf(rawHeaders: readonly string[], wanted: string): string[] {
  return pairsOf(rawHeaders).flatMap(([name, value]) =>
    name.toLowerCase() === wanted ? [value] : [],
  );
}

function distinctOf(rawHeaders: readonly string[]): Record<string, string[]> {
  const distinct: Record<string, string[]> = {};
  for (const [name, value] of pairsOf(rawHeaders))
    (distinct[name.toLowerCase()] ??= []).push(value);
  return distinct;
}

function pairsOf(rawHeaders: readonly string[]): [name: string, value: string][] {
  const pairs: [string, string][] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2)
    pairs.push([rawHeaders[index] ?? '', rawHeaders[index + 1] ?? '']);
  return pairs;
}

function rawOf(rawHeaders: readonly string[], host: string | undefined): string[] {
  const plain = pairsOf(rawHeaders).filter(([name]) => isPlain(name));
  return [...(host === undefined ? [] : [HOST, host]), ...plain.flat()];
}

/** No pseudo-header, and not what one of them stands for. */
function isPlain(name: string): boolean {
  return !name.startsWith(':') && name !== HOST;
}
