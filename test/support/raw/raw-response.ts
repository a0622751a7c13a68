import type { Taken } from './byte-stream.js';

export interface RawResponse {
  statusLine: string;
  status: number;
  /** Lower-case names; every value that was sent, in order. */
  headers: Record<string, string[]>;
  body: string;
  /** What had come behind the response by then; a frame or a second response can still be read. */
  rest: Buffer;
}

/** One HTTP response off the front of the bytes; throws on one that is malformed or cut off. */
export function takeResponse(
  bytes: Buffer,
  ended: boolean,
  hasBody = true,
): Taken<RawResponse> | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const head = parseHead(bytes.toString('latin1', 0, headEnd));
  const afterHead = bytes.subarray(headEnd + 4);
  const body = hasBody && mayHaveBody(head.status) ? takeBody(head, afterHead, ended) : NO_BODY;
  if (!body) return undefined;
  const used = headEnd + 4 + body.used;
  const rest = Buffer.from(bytes.subarray(used));
  return { value: { ...head, body: body.value.toString('utf8'), rest }, used };
}

type Head = Pick<RawResponse, 'statusLine' | 'status' | 'headers'>;

const NO_BODY: Taken<Buffer> = { value: Buffer.alloc(0), used: 0 };

function parseHead(text: string): Head {
  const [statusLine = '', ...lines] = text.split('\r\n');
  const status = /^HTTP\/1\.[01] (\d{3})( |$)/.exec(statusLine)?.[1];
  if (status === undefined) throw new Error(`no status line: ${JSON.stringify(statusLine)}`);
  const headers: Record<string, string[]> = {};
  for (const line of lines) {
    const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
    if (name === undefined || value === undefined) {
      throw new Error(`no header line: ${JSON.stringify(line)}`);
    }
    (headers[name.toLowerCase()] ??= []).push(value);
  }
  return { statusLine, status: Number(status), headers };
}

/** RFC 9112, section 6.3. */
function mayHaveBody(status: number): boolean {
  return status >= 200 && status !== 204 && status !== 304;
}

function takeBody({ headers }: Head, bytes: Buffer, ended: boolean): Taken<Buffer> | undefined {
  const lengths = headers['content-length'];
  const codings = headers['transfer-encoding'];
  if (lengths && codings) throw new Error('both Content-Length and Transfer-Encoding');
  if (codings) return takeChunks(bytes, ended);
  if (!lengths) return ended ? { value: bytes, used: bytes.length } : undefined;
  const [length = ''] = lengths;
  if (lengths.length > 1 || !/^\d+$/.test(length)) {
    throw new Error(`a bad Content-Length: ${lengths.join(', ')}`);
  }
  const used = Number(length);
  if (bytes.length >= used) return { value: bytes.subarray(0, used), used };
  if (ended) throw new Error(`the body ended after ${bytes.length} of ${used} bytes`);
  return undefined;
}

function takeChunks(bytes: Buffer, ended: boolean): Taken<Buffer> | undefined {
  const chunks: Buffer[] = [];
  for (let at = 0; ;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd < 0) break;
    const line = bytes.toString('latin1', at, lineEnd);
    const size = /^([\da-f]+)(;.*)?$/i.exec(line)?.[1];
    if (size === undefined) throw new Error(`a bad chunk size: ${JSON.stringify(line)}`);
    const start = lineEnd + 2;
    const end = start + parseInt(size, 16);
    if (end + 2 > bytes.length) break;
    // Nobody here sends trailers, so the last chunk ends like any other.
    if (bytes.toString('latin1', end, end + 2) !== '\r\n') throw new Error('an unfinished chunk');
    if (end === start) return { value: Buffer.concat(chunks), used: end + 2 };
    chunks.push(bytes.subarray(start, end));
    at = end + 2;
  }
  if (ended) throw new Error('the chunked body was cut off');
  return undefined;
}
