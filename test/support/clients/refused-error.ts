import type { IncomingHttpHeaders } from 'node:http';

import type { HttpAnswer } from './http-answer.js';

/** The server answered the upgrade request with something else than a 101. */
export class RefusedError extends Error implements HttpAnswer {
  override readonly name = 'RefusedError';
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly complete: boolean;

  constructor(url: string, answer: HttpAnswer) {
    super(`${url} was refused with ${answer.status}: ${answer.body || '(no body)'}`);
    this.status = answer.status;
    this.headers = answer.headers;
    this.body = answer.body;
    this.complete = answer.complete;
  }

  json(): unknown {
    return JSON.parse(this.body);
  }
}
