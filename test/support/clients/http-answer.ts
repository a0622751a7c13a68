import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

export interface HttpAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
  /** `false` when the connection broke before the whole body had come. */
  complete: boolean;
}

/** Reads the whole answer; a body that breaks off is an answer too, only not a complete one. */
export function readAnswer(response: IncomingMessage): Promise<HttpAnswer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('error', () => undefined); // 'close' follows, and `complete` tells
    response.on('close', () =>
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        body: Buffer.concat(chunks).toString('utf8'),
        complete: response.complete,
      }),
    );
  });
}
