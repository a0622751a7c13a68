import { setTimeout } from 'node:timers/promises';

import { Controller, Req } from '@nestjs/common';
import type { Request } from 'express';
import { Sends, WebSocket } from 'nestjs-revali-ws';
import { createWebSocketStream, WebSocket as Client } from 'ws';

import type { FeedMessage } from './feed.controller.js';
import { SLOW_READING } from './feed.schemas.js';

const PAUSE_MS = 100;
/** Only every n-th sample is needed for drawing. */
const THINNED = 20;

/** How far the slow reader has read. */
export interface SlowReading {
  readonly reader: string;
  readonly read: number;
  readonly number: number;
  readonly samples: readonly number[];
}

/**
 * A browser reads its WebSockets as fast as it can. The slow reader is therefore a client in this process, on an
 * ordinary TCP connection. It lives as long as the page's connection to this route.
 */
@Controller('feed')
export class SlowReaderController {
  @Sends(SLOW_READING)
  @WebSocket('slow-reader', { mode: 'sendOnly' })
  async *read(@Req() { socket }: Request): AsyncGenerator<SlowReading> {
    const client = new Client(`ws://127.0.0.1:${socket.localPort}/feed/blocks`);
    // This stream holds one message; the others wait in the sockets, and then at the sender.
    const messages = createWebSocketStream(client, {
      readableObjectMode: true,
      readableHighWaterMark: 1,
    });
    let read = 0;
    // When the page leaves, the loop ends; that destroys the stream, and the client with it.
    for await (const message of messages) {
      read += 1;
      yield { read, ...thinned(String(message)) };
      await setTimeout(PAUSE_MS);
    }
  }
}

function thinned(message: string): Omit<SlowReading, 'read'> {
  const { samples, ...block } = JSON.parse(message) as FeedMessage;
  return { ...block, samples: samples.filter((_, index) => index % THINNED === 0) };
}
