import { BadRequestException, HttpException, MethodNotAllowedException } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import type { Server } from 'node:net';
import type { Duplex } from 'node:stream';
import { isToken } from '../options/http.token.js';
import { originForm, readPath } from './request.path.js';

/** How many headers Node reads if the server sets no limit. Newer versions answer 431 themselves. */
const MAX_HEADERS = 1_000;

/** A refusal before the HTTP pipeline: the exception supplies status and body. */
export interface Refusal {
  readonly exception: HttpException;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One upgrade, from the moment its server has read the request. */
export class Upgrade {
  readonly isWebSocket: boolean;
  /** Present if the request is for a WebSocket and its target has only one reading. */
  readonly path: string | undefined;

  /** @param head What the client has sent after the request. It grows while the client waits. */
  constructor(
    readonly server: Server,
    readonly request: IncomingMessage,
    readonly socket: Duplex,
    public head: Buffer,
  ) {
    this.isWebSocket = this.asksForWebSocket();
    if (!this.isWebSocket) return;
    // Set before anyone reads it, so that middleware, routers, and guards see the same path.
    const target = originForm(request.url, request.headers.host);
    if (target) request.url = target;
    this.path = readPath(request.url);
  }

  /** What is wrong with it; `undefined` if it is well-formed. */
  get fault(): Refusal | undefined {
    return droppedHeaders(this) ?? faultOf(this.request);
  }

  /** The request for `ws`, which reads HTTP/1.1 only. */
  get requestForWs(): IncomingMessage {
    return this.request;
  }

  /** Whether it came inside a connection of HTTP/2. */
  get isHttp2(): boolean {
    return false;
  }

  /** How many other WebSockets share its TCP connection. */
  get siblings(): number {
    return 0;
  }

  protected asksForWebSocket(): boolean {
    return isWebSocketUpgrade(this.request);
  }
}

/** Whether the client asks for a WebSocket; other protocols (h2c) are not ours. */
export function isWebSocketUpgrade({ headers }: IncomingMessage): boolean {
  return (headers.upgrade ?? '').toLowerCase().includes('websocket');
}

/** What is wrong with an upgrade request of HTTP/1.1 (RFC 6455 section 4.2.1, RFC 9112 sections 3.2 and 6). */
export function faultOf(request: IncomingMessage): Refusal | undefined {
  const { headers, method, httpVersion } = request;
  if (httpVersion !== '1.1') return malformed('Upgrade needs HTTP/1.1');
  if (method !== 'GET')
    return {
      exception: new MethodNotAllowedException('Upgrade needs GET'),
      headers: { Allow: 'GET' },
    };
  const counts = countHeaders(request);
  if (counts.host !== 1 || !isHost(headers.host))
    return malformed('Missing, repeated or invalid Host');
  if (headers.upgrade?.toLowerCase() !== 'websocket') return malformed('Invalid Upgrade header');
  // Node's parser refuses it since 20.20.
  if (headers[''] !== undefined) return malformed('A header without a name');
  if (hasBody(request)) return malformed('An upgrade request has no body');
  if (counts.origin > 1) return malformed('Repeated Origin');
  if (counts.key !== 1 || !isKey(headers['sec-websocket-key']))
    return malformed('Missing or invalid Sec-WebSocket-Key');
  return versionFault(request) ?? protocolFault(request);
}

/** Node may have dropped headers, such as the body's length or the origin. */
export function droppedHeaders({ request, server }: Upgrade): Refusal | undefined {
  const given: unknown = Reflect.get(server, 'maxHeadersCount');
  const limit = typeof given === 'number' ? given : MAX_HEADERS;
  // Zero means no limit.
  if (limit <= 0 || request.rawHeaders.length / 2 < limit) return undefined;
  return { exception: new HttpException('Request Header Fields Too Large', 431) };
}

/** The subprotocols that the client offers, in its order. */
export function offeredProtocols({ headers }: IncomingMessage): string[] {
  const offered = headers['sec-websocket-protocol'];
  return offered === undefined ? [] : offered.split(',').map((name) => name.trim());
}

export function malformed(message: string): Refusal {
  return { exception: new BadRequestException(message) };
}

/** RFC 6455 section 4.4: the answer states the version that the server supports. */
export function versionFault({ headers }: IncomingMessage): Refusal | undefined {
  if (headers['sec-websocket-version'] === '13') return undefined;
  return {
    exception: new BadRequestException('Missing or unsupported Sec-WebSocket-Version'),
    headers: { 'Sec-WebSocket-Version': '13' },
  };
}

export function protocolFault(request: IncomingMessage): Refusal | undefined {
  const names = offeredProtocols(request);
  const isValid = names.every(isToken);
  return isValid && new Set(names).size === names.length
    ? undefined
    : malformed('Invalid Sec-WebSocket-Protocol');
}

export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}

/** The base64 form of 16 bytes. */
function isKey(key: string | undefined): boolean {
  return key !== undefined && /^[+/0-9A-Za-z]{22}==$/.test(key);
}

export function isHost(host: string | undefined): boolean {
  return (
    host !== undefined && /^(?:\[[0-9a-f:.]+\]|[a-z0-9._~%!$&'()*+,;=-]+)(?::\d{1,5})?$/i.test(host)
  );
}

/** Counts the headers that Node would drop or join. */
function countHeaders({ rawHeaders }: IncomingMessage): Record<'host' | 'origin' | 'key', number> {
  const counts = { host: 0, origin: 0, key: 0 };
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]?.toLowerCase();
    if (name === 'host') counts.host += 1;
    else if (name === 'origin') counts.origin += 1;
    else if (name === 'sec-websocket-key') counts.key += 1;
  }
  return counts;
}
