import type { OutgoingHttpHeaders } from 'node:http2';
import { BareRecord } from '../values/bare.record.js';

const SWITCHING_PROTOCOLS = 101;
const OK = 200;
const SERVER_ERROR = 500;
/** Node sends a head of 64 KiB at most. */
const MAX_BYTES = 60_000;
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
  /** 200 for the 101 of an open WebSocket. */
  readonly status: number;
  /** Without those of HTTP/1.1 alone. */
  readonly headers: OutgoingHttpHeaders;
  /** Whether it opens a WebSocket. */
  readonly isOpen: boolean;
  /** Whether the body comes in chunks. */
  readonly isChunked: boolean;
}

const TOO_LARGE: AnswerHead = {
  status: SERVER_ERROR,
  headers: {},
  isOpen: false,
  isChunked: false,
};

/**
 * Reads the head of an HTTP/1.1 response, as Node's response or `ws` writes it.
 *
 * @returns The head, and the bytes after it; `undefined` while it is incomplete.
 */
export function readAnswerHead(bytes: Buffer): [head: AnswerHead, rest: Buffer] | undefined {
  const end = bytes.indexOf(END);
  if (end === -1) return undefined;
  const [first = '', ...lines] = bytes.toString('latin1', 0, end).split(EOL);
  const headers = new BareRecord<string | string[]>();
  let isChunked = false;
  let isOpen = false;
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (name === 'transfer-encoding') isChunked = /\bchunked\b/i.test(value);
    if (name === 'sec-websocket-accept') isOpen = true;
    if (!OF_HTTP_1.has(name)) addTo(headers, name, value);
  }
  const rest = bytes.subarray(end + END.length);
  // What is too large would end the whole connection.
  if (end > MAX_BYTES) return [TOO_LARGE, rest];
  const status = statusOf(Number(first.split(' ', 2)[1]), isOpen);
  return [{ status, headers, isOpen, isChunked }, rest];
}

/** A 101 that opens nothing comes from the application, and would look like an acceptance. */
function statusOf(status: number, isOpen: boolean): number {
  if (status !== SWITCHING_PROTOCOLS) return status;
  return isOpen ? OK : SERVER_ERROR;
}

/** Cookies must not be joined (RFC 6265 section 3). */
function addTo(headers: BareRecord<string | string[]>, name: string, value: string): void {
  const earlier = headers[name];
  if (name === 'set-cookie') headers[name] = [earlier ?? [], value].flat();
  else headers[name] = earlier === undefined ? value : `${String(earlier)}, ${value}`;
}
