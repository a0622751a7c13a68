import type { OutgoingHttpHeaders } from 'node:http2';

const EOL = '\r\n';
const END = Buffer.from(`${EOL}${EOL}`);

/** Headers that belong to a connection of HTTP/1.1 (RFC 9113 section 8.2.2), and the proof that it was upgraded. */
const OF_HTTP_1 = new Set([
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'sec-websocket-accept',
  'te',
  'transfer-encoding',
  'upgrade',
]);

/** The head of a response. */
export interface AnswerHead {
  readonly status: number;
  /** Without those of HTTP/1.1 alone. */
  readonly headers: OutgoingHttpHeaders;
  /** Whether the body comes in chunks. */
  readonly isChunked: boolean;
}

/**
 * Reads the head of an HTTP/1.1 response, as Node's response or `ws` writes it.
 *
 * @returns The head, and the bytes after it; `undefined` while it is incomplete.
 */
export function readAnswerHead(bytes: Buffer): [head: AnswerHead, rest: Buffer] | undefined {
  const end = bytes.indexOf(END);
  if (end === -1) return undefined;
  const [first = '', ...lines] = bytes.toString('latin1', 0, end).split(EOL);
  const headers: Record<string, string | string[]> = {};
  let isChunked = false;
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (name === 'transfer-encoding') isChunked = /\bchunked\b/i.test(value);
    if (!OF_HTTP_1.has(name)) addTo(headers, name, value);
  }
  const head = { status: Number(first.split(' ', 2)[1]), headers, isChunked };
  return [head, bytes.subarray(end + END.length)];
}

/** Cookies must not be joined (RFC 6265 section 3). */
function addTo(headers: Record<string, string | string[]>, name: string, value: string): void {
  const earlier = headers[name];
  if (name === 'set-cookie') headers[name] = [earlier ?? [], value].flat();
  else headers[name] = earlier === undefined ? value : `${String(earlier)}, ${value}`;
}
