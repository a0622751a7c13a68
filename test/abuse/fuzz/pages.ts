import { Body, Controller, Get, Param, Post, Query, Req, Res, Sse } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { interval, map, type Observable } from 'rxjs';

import { sleep } from '../../support/deadline.js';

/** What the platform calls the response. */
type PlatformResponse = ServerResponse | { readonly raw: ServerResponse; hijack(): void };

type PlatformRequest = IncomingMessage | { readonly raw: IncomingMessage };

/** Node's own, for what is written past the platform. */
function rawOf(response: PlatformResponse): ServerResponse {
  if (!('raw' in response)) return response;
  response.hijack();
  return response.raw;
}

/** What else an application serves, beside the WebSockets; each `value` names the sequence. */
@Controller('http')
export class FuzzedPages {
  @Get('value/:value')
  value(@Param('value') value: string, @Query('pad') pad = '0'): object {
    return { value, pad: 'p'.repeat(Number(pad)) };
  }

  @Post('value')
  post(@Body() body: object): object {
    return body;
  }

  @Get('slow/:value')
  async slow(@Param('value') value: string): Promise<object> {
    await sleep(20);
    return { value };
  }

  /** A long poll, nothing of which comes before its end. */
  @Get('poll/:value')
  async poll(@Param('value') value: string): Promise<object> {
    await sleep(150);
    return { value };
  }

  /** Its end comes late after its last byte. */
  @Get('late/:value')
  late(
    @Param('value') value: string,
    @Query('ms') ms: string,
    @Res() response: PlatformResponse,
  ): void {
    const raw = rawOf(response);
    raw.setHeader('Content-Length', Buffer.byteLength(value));
    raw.write(value);
    setTimeout(() => raw.end(), Number(ms));
  }

  @Get('chunks/:value')
  async chunks(@Param('value') value: string, @Res() response: PlatformResponse): Promise<void> {
    const raw = rawOf(response);
    for (let index = 0; index < 3; index += 1) {
      raw.write(value);
      await sleep(2);
    }
    raw.end();
  }

  @Get('throwing/:value')
  throwing(): never {
    throw new Error('not for clients');
  }

  @Sse('events/:value')
  events(@Param('value') value: string): Observable<{ data: string }> {
    return interval(20).pipe(map(() => ({ data: value })));
  }

  /** An event stream that is written by hand. */
  @Get('own-events/:value')
  ownEvents(
    @Param('value') value: string,
    @Req() request: PlatformRequest,
    @Res() response: PlatformResponse,
  ): void {
    const raw = rawOf(response);
    raw.writeHead(200, { 'Content-Type': 'text/event-stream' });
    const timer = setInterval(() => raw.write(`data: ${value}\n\n`), 20);
    // Behind others on a socket that ends, Node tells the response nothing.
    for (const one of [raw, 'raw' in request ? request.raw : request])
      one.on('close', () => clearInterval(timer));
  }
}
