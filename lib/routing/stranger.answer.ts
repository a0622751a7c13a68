import { BadRequestException, NotFoundException } from '@nestjs/common';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { answerPlainly } from '../handshake/upgrade.response.js';
import { readPath } from './request.path.js';
import { faultOf, hasBody, isWebSocketUpgrade, type Refusal } from './upgrade.request.js';

/** Who refuses, and counts what was refused. */
export interface StrangerDesk {
  /** Over HTTP in every case: what is malformed cannot be opened to be closed. */
  refuse(request: IncomingMessage, socket: Duplex, refusal: Refusal): void;
  /** What is well-formed, as the application wants it. */
  dismiss(request: IncomingMessage, socket: Duplex, head: Buffer, refusal: Refusal): void;
}

/** An upgrade that nobody wants: it gets its answer here. */
export function answerStranger(
  server: Server,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  desk: StrangerDesk,
): void {
  if (isWebSocketUpgrade(request)) {
    const fault = readPath(request.url) === undefined ? ambiguousPath() : faultOf(request);
    if (fault) return desk.refuse(request, socket, fault);
    const exception = new NotFoundException(`Cannot GET ${request.url}`);
    desk.dismiss(request, socket, head, { exception });
  } else if (hasBody(request)) {
    desk.refuse(request, socket, {
      exception: new BadRequestException('Unsupported protocol upgrade'),
    });
  } else {
    // RFC 9110 section 7.8: a server may ignore the upgrade (h2c) and answer over HTTP/1.1.
    answerPlainly(server, request, socket);
  }
}

function ambiguousPath(): Refusal {
  return { exception: new BadRequestException('Ambiguous path') };
}
