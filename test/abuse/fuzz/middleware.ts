import { Injectable, type NestMiddleware } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';

import { Ledger } from './ledger.js';

type Next = () => void;

@Injectable()
export class SlowMiddleware implements NestMiddleware {
  use(_request: IncomingMessage, _response: ServerResponse, next: Next): void {
    setTimeout(next, 10);
  }
}

/** As a listener of the package `on-headers` that fails at its first call. */
@Injectable()
export class HeadThrowingMiddleware implements NestMiddleware {
  use(_request: IncomingMessage, response: ServerResponse, next: Next): void {
    const own = Object.getOwnPropertyDescriptor(response, 'writeHead');
    Object.defineProperty(response, 'writeHead', {
      configurable: true,
      writable: true,
      value: () => {
        if (own) Object.defineProperty(response, 'writeHead', own);
        else Reflect.deleteProperty(response, 'writeHead');
        throw new Error('not for clients');
      },
    });
    next();
  }
}

/** Writes for as long as the client is there, and looks in one of several ways whether it is. */
@Injectable()
export class PouringMiddleware implements NestMiddleware {
  constructor(private readonly ledger: Ledger) {}

  use(request: IncomingMessage & { originalUrl?: string }, response: ServerResponse): void {
    const { originalUrl: url = request.url } = request;
    const release = this.ledger.hold('stream', url);
    const until = /until=(\w+)/.exec(url ?? '')?.[1];
    response.writeHead(200, { 'Content-Type': 'text/plain' });
    const timer = setInterval(() => {
      if (until === 'destroyed' && isGone(response)) stop();
      else response.write('poured ');
    }, 10);
    const stop = (): void => {
      clearInterval(timer);
      release();
    };
    // Node tells a response nothing that waits behind others on a socket that ends: a plain request listens to both.
    if (until === 'request' || until === 'either') request.on('close', stop);
    if (until === 'close' || until === 'either') response.on('close', stop);
  }
}

/** Over HTTP/2 the response's stream knows it. */
function isGone(response: ServerResponse & { stream?: { destroyed: boolean } }): boolean {
  return response.destroyed || response.writableEnded || response.stream?.destroyed === true;
}
