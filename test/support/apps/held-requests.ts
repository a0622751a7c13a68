import type { INestApplication } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';

import { eventually } from '../deadline.js';
import type { Next } from './middleware.js';

export interface HeldRequest {
  readonly path: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The events of both, in their order. */
  readonly events: string[];
}

/** The requests below `/held`, which a middleware keeps without an answer until the test gives one. */
export class HeldRequests {
  private readonly held: HeldRequest[] = [];

  install(app: INestApplication): void {
    app.use((request: IncomingMessage, response: ServerResponse, next: Next) => {
      const path = request.url ?? '';
      if (path.startsWith('/held')) this.hold({ path, request, response, events: [] });
      else next();
    });
  }

  at(path: string): Promise<HeldRequest> {
    return eventually(() => {
      const found = this.held.find((candidate) => candidate.path === path);
      if (!found) throw new Error(`held: ${this.held.map((one) => one.path).join(', ')}`);
      return found;
    }, `a request for ${path}`);
  }

  /** The bytes of the whole answer are sent at once, its end comes with the call that this returns. */
  static sendAllBut(end: HeldRequest, body: string): () => void {
    const { response } = end;
    response.setHeader('Content-Length', Buffer.byteLength(body));
    response.write(body);
    return () => response.end();
  }

  private hold(request: HeldRequest): void {
    this.held.push(request);
    const note = (who: string, event: string) => () => request.events.push(`${who} ${event}`);
    for (const event of ['aborted', 'close']) {
      request.request.on(event, note('request', event));
    }
    for (const event of ['finish', 'close']) request.response.on(event, note('response', event));
  }
}
