import type { HttpException } from '@nestjs/common';
import { ServerResponse, STATUS_CODES, type IncomingMessage, type Server } from 'node:http';
import { Writable, type Duplex } from 'node:stream';

const EOL = '\r\n';

/** Seconds after which a client turned away for lack of room may try again. */
export const RETRY_AFTER = '5';

/** How long a refused client may take to read the answer and leave, in ms. */
const LINGER = 1_000;

/**
 * Answers an upgrade request with an HTTP response in Nest's own form, and ends the connection.
 *
 * @param method Of the request: the answer to HEAD has no body.
 */
export function writeRefusal(
  socket: Duplex,
  exception: HttpException,
  headers: Readonly<Record<string, string>> = {},
  method?: string,
): void {
  const status = exception.getStatus();
  const response = exception.getResponse();
  const body = JSON.stringify(
    typeof response === 'string' ? { statusCode: status, message: response } : response,
  );
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Error'}`,
    'Connection: close',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  const sent = method === 'HEAD' ? '' : body;
  if (socket.writable) socket.write(`${head.join(EOL)}${EOL}${EOL}${sent}`);
  lingerAndDestroy(socket);
}

/**
 * Ends our side and reads on for a moment. Closing at once, with bytes of the client unread, would make the kernel
 * send a reset that can overtake the answer.
 */
export function lingerAndDestroy(socket: Duplex): void {
  const timer = setTimeout(() => socket.destroy(), LINGER);
  socket.once('close', () => clearTimeout(timer));
  socket.once('end', () => socket.destroy());
  socket.end();
  socket.resume();
}

/** Hands a request that asked for another protocol to the application as the plain request that it also is. */
export function answerPlainly(server: Server, request: IncomingMessage, socket: Duplex): void {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.once('finish', () => {
    detachSocket(response, socket);
    lingerAndDestroy(socket);
    response.emit('close');
  });
  assignSocket(response, socket);
  server.emit('request', request, response);
}

/** Node types a response's socket as a TCP one; it takes any stream, such as an in-process pair. */
interface StreamResponse {
  readonly socket: unknown;
  assignSocket(socket: Writable): void;
  detachSocket(socket: Writable): void;
}

export function assignSocket(response: StreamResponse, socket: Writable): void {
  response.assignSocket(socket);
}

export function detachSocket(response: StreamResponse, socket: Writable): void {
  if (response.socket === socket) response.detachSocket(socket);
}

/** Headers that the answer to the upgrade sets itself, or that have no meaning in a 101. */
const OWN_HEADERS = new Set([
  'connection',
  'content-length',
  'content-type',
  'date',
  'keep-alive',
  'sec-websocket-accept',
  'sec-websocket-extensions',
  'sec-websocket-protocol',
  'transfer-encoding',
  'upgrade',
]);

/**
 * Stands in for the socket while the HTTP platform answers 101: hooks that set headers or save sessions before a
 * response leaves run as for any response, and what they add is sent with the real 101.
 */
export class ResponseSink extends Writable {
  private readonly chunks: Buffer[] = [];

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.chunks.push(chunk);
    done();
  }

  get bytes(): Buffer {
    const [first] = this.chunks;
    return first && this.chunks.length === 1 ? first : Buffer.concat(this.chunks);
  }

  /** Header lines for the 101; `undefined` where the platform answered with another status. */
  headerLines(): string[] | undefined {
    const head = this.bytes.toString('latin1');
    if (!head.startsWith('HTTP/1.1 101 ')) return undefined;
    const lines: string[] = [];
    let start = head.indexOf(EOL) + EOL.length;
    for (;;) {
      const end = head.indexOf(EOL, start);
      // The empty line is the last of the head.
      if (end <= start) return lines;
      const name = head.slice(start, head.indexOf(':', start)).toLowerCase();
      if (!OWN_HEADERS.has(name)) lines.push(head.slice(start, end));
      start = end + EOL.length;
    }
  }
}
