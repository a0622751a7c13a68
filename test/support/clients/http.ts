import { request, type OutgoingHttpHeaders } from 'node:http';

import { DEADLINE_MS, keepable, within } from '../deadline.js';
import { readAnswer, type HttpAnswer } from './http-answer.js';

export interface HttpGetOptions {
  method?: string;
  headers?: OutgoingHttpHeaders;
  body?: string | Uint8Array;
  ms?: number;
}

/** One request on a connection of its own; the path goes out verbatim, no URL class tidies it up. */
export function httpGet(
  port: number,
  path: string,
  { method = 'GET', headers = {}, body, ms = DEADLINE_MS }: HttpGetOptions = {},
): Promise<HttpAnswer> {
  const target = { host: '127.0.0.1', port, path, method, headers, agent: false };
  const outgoing = request(target);
  const answer = new Promise<HttpAnswer>((resolve, reject) => {
    outgoing.on('error', reject);
    outgoing.on('response', (response) => resolve(readAnswer(response)));
  });
  outgoing.end(body);
  return keepable(
    within(answer, `the answer to ${method} ${path}`, ms).finally(() => outgoing.destroy()),
  );
}
