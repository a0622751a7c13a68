import { createHash } from 'node:crypto';

export type Header = readonly [name: string, value: string];

export interface RawUpgrade {
  method?: string;
  httpVersion?: string;
  /** A name that is among the defaults replaces the default; a name given twice is sent twice. */
  headers?: readonly Header[];
  /** Defaults to leave out. */
  omit?: readonly string[];
  /** Sent in the same write, right after the head: a body, or early frames. */
  extraBytes?: string | Uint8Array;
}

/** The sample key of RFC 6455, section 1.3. */
export const SAMPLE_KEY = 'dGhlIHNhbXBsZSBub25jZQ==';

/** `Sec-WebSocket-Accept` as RFC 6455, section 4.2.2 wants it. */
export function acceptFor(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}

/** A handshake request, byte for byte as told: nothing is checked, escaped or tidied up. */
export function composeUpgrade(host: string, path: string, upgrade: RawUpgrade = {}): Buffer {
  const { method = 'GET', httpVersion = '1.1', headers = [], omit = [], extraBytes = '' } = upgrade;
  const defaults: Header[] = [
    ['Host', host],
    ['Upgrade', 'websocket'],
    ['Connection', 'Upgrade'],
    ['Sec-WebSocket-Key', SAMPLE_KEY],
    ['Sec-WebSocket-Version', '13'],
  ];
  const replaced = new Set([...omit, ...headers.map(([name]) => name)].map(lower));
  const sent = [...defaults.filter(([name]) => !replaced.has(lower(name))), ...headers];
  const lines = [
    `${method} ${path} HTTP/${httpVersion}`,
    ...sent.map(([name, value]) => `${name}: ${value}`),
  ];
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), Buffer.from(extraBytes)]);
}

function lower(name: string): string {
  return name.toLowerCase();
}
