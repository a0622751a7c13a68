import { HttpException } from '@nestjs/common';
import type { IncomingMessage, Server } from 'node:http';
import type { Refusal } from './upgrade.request.js';

/** How many headers Node reads where the server does not say. Newer versions answer 431 themselves. */
const MAX_HEADERS = 1_000;

/** Node may have dropped headers: one that tells the length of the body among them, or the origin. */
export function droppedHeaders(
  { rawHeaders }: IncomingMessage,
  { maxHeadersCount }: Pick<Server, 'maxHeadersCount'>,
): Refusal | undefined {
  const limit = maxHeadersCount ?? MAX_HEADERS;
  // Zero is no limit.
  if (limit <= 0 || rawHeaders.length / 2 < limit) return undefined;
  return { exception: new HttpException('Request Header Fields Too Large', 431) };
}
