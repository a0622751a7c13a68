import { BadRequestException, HttpException, MethodNotAllowedException } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';

/** A refusal before the HTTP pipeline: the exception gives status and body. */
export interface Refusal {
  readonly exception: HttpException;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Whether the client asks for a WebSocket; other protocols (h2c) are none of ours. */
export function isWebSocketUpgrade({ headers }: IncomingMessage): boolean {
  return (headers.upgrade ?? '').toLowerCase().includes('websocket');
}

/** What is wrong with an upgrade request (RFC 6455 section 4.2.1, RFC 9112 sections 3.2 and 6). */
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
  // Node's parser refuses it from 20.20 on.
  if (headers[''] !== undefined) return malformed('A header without a name');
  if (hasBody(request)) return malformed('An upgrade request has no body');
  if (counts.origin > 1) return malformed('Repeated Origin');
  if (counts.key !== 1 || !isKey(headers['sec-websocket-key']))
    return malformed('Missing or invalid Sec-WebSocket-Key');
  return versionFault(request) ?? protocolFault(request);
}

/** The subprotocols that the client offers, in its order. */
export function offeredProtocols({ headers }: IncomingMessage): string[] {
  const offered = headers['sec-websocket-protocol'];
  return offered === undefined ? [] : offered.split(',').map((name) => name.trim());
}

function malformed(message: string): Refusal {
  return { exception: new BadRequestException(message) };
}

/** RFC 6455 section 4.4: the answer says which version the server speaks. */
function versionFault({ headers }: IncomingMessage): Refusal | undefined {
  if (headers['sec-websocket-version'] === '13') return undefined;
  return {
    exception: new BadRequestException('Missing or unsupported Sec-WebSocket-Version'),
    headers: { 'Sec-WebSocket-Version': '13' },
  };
}

function protocolFault(request: IncomingMessage): Refusal | undefined {
  const names = offeredProtocols(request);
  const isValid = names.every((name) => /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name));
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

function isHost(host: string | undefined): boolean {
  return (
    host !== undefined && /^(?:\[[0-9a-f:.]+\]|[a-z0-9._~%!$&'()*+,;=-]+)(?::\d{1,5})?$/i.test(host)
  );
}

/** How often each header came of which Node keeps one, or joins several. */
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
