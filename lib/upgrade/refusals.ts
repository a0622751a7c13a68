import {
  BadRequestException,
  NotFoundException,
  ServiceUnavailableException,
} from '@nestjs/common';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { CloseRefusal } from './close.refusal.js';
import { RETRY_AFTER, writeRefusal } from './upgrade.response.js';
import { droppedHeaders } from './dropped.headers.js';
import { handBack } from './plain.request.js';
import { readPath } from './request.path.js';
import { faultOf, isWebSocketUpgrade, type Refusal } from './upgrade.request.js';

/** Counts refusals by their HTTP status. */
interface RefusalCounter {
  refuse(status: number): void;
}

/** Answers and counts the upgrades that are refused before anything of the application has seen them. */
export class RefusalDesk {
  /** @param closeRefusal Where refusals of well-formed upgrades are close frames. */
  constructor(
    private readonly counters: RefusalCounter,
    private readonly closeRefusal: CloseRefusal | undefined,
  ) {}

  /** Over HTTP in every case: what is malformed cannot be opened to be closed. */
  refuse(request: IncomingMessage, socket: Duplex, { exception, headers }: Refusal): void {
    this.counters.refuse(exception.getStatus());
    writeRefusal(socket, exception, headers, request.method);
  }

  /** What is well-formed, as the application wants it. */
  dismiss(request: IncomingMessage, socket: Duplex, head: Buffer, refusal: Refusal): void {
    const { closeRefusal, counters } = this;
    if (!closeRefusal) return this.refuse(request, socket, refusal);
    const status = refusal.exception.getStatus();
    counters.refuse(status);
    const body = JSON.stringify(refusal.exception.getResponse());
    closeRefusal.refuse(request, socket, head, status, body);
  }

  /** The server is about to close: it does not wait for clients that have been refused. */
  drain(): void {
    this.closeRefusal?.drain();
  }

  /** An upgrade that nobody wants. */
  answerStranger(server: Server, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', ignoreError);
    const dropped = droppedHeaders(request, server);
    if (dropped) this.refuse(request, socket, dropped);
    else if (isWebSocketUpgrade(request)) {
      const fault = readPath(request.url) === undefined ? ambiguousPath() : faultOf(request);
      if (fault) return this.refuse(request, socket, fault);
      const exception = new NotFoundException(`Cannot GET ${request.url}`);
      this.dismiss(request, socket, head, { exception });
    } else {
      handBack(server, request, socket, head);
      // Node listens now.
      socket.off('error', ignoreError);
    }
  }
}

/** 503, with the time after which the client may try again. */
export function unavailable(message: string): Refusal {
  return {
    exception: new ServiceUnavailableException(message),
    headers: { 'Retry-After': RETRY_AFTER },
  };
}

function ambiguousPath(): Refusal {
  return { exception: new BadRequestException('Ambiguous path') };
}

function ignoreError(): void {
  // The socket's close event tells the rest.
}
