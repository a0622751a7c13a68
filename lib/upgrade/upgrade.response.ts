import type { HttpException } from '@nestjs/common';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

const EOL = '\r\n';

/** How long a refused client may take to read the answer and leave, in ms. */
export const LINGER = 1_000;

/**
 * Answers an upgrade request with an HTTP response in Nest's own form, and ends the connection.
 *
 * @param method The request's method: the answer to HEAD has no body.
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
 * Ends our side and keeps reading for a moment. If it closed at once, with unread bytes from the client, the kernel
 * would send a reset that can overtake the answer.
 */
export function lingerAndDestroy(socket: Duplex): void {
  const timer = setTimeout(() => socket.destroy(), LINGER);
  socket.once('close', () => clearTimeout(timer));
  // A client that has ended its side still reads the answer.
  socket.once('end', () => {
    if (socket.writableFinished) socket.destroy();
    else socket.once('finish', () => socket.destroy());
  });
  socket.end();
  socket.resume();
}
