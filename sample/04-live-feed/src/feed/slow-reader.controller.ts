import { setTimeout } from 'node:timers/promises';

import { Controller, Req } from '@nestjs/common';
import type { Request } from 'express';
import { Sends, WebSocket } from 'nestjs-revali-ws';
import { createWebSocketStream, WebSocket as Client } from 'ws';

import type { FeedMessage } from './feed.controller.js';
import { SLOW_READING } from './feed.schemas.js';

const PAUSE_MS = 100;
/** Every so manyth sample is enough to draw. */
const THINNED = 20;

/** How far the slow reader is. */
export interface SlowReading {
  readonly reader: string;
  readonly read: number;
  readonly number: number;
  readonly samples: readonly number[];
}

/**
 * A browser reads its WebSockets as fast as it can, so the slow reader is a client in this process, on a TCP
 * connection like any other. It lives as long as the page's connection to this route.
 */
@Controller('feed')
export class SlowReaderController {
  @Sends(SLOW_READING)
  @WebSocket('slow-reader', { mode: 'sendOnly' })
  async *read(@Req() { socket }: Request): AsyncGenerator<SlowReading> {
    const client = new Client(`ws://127.0.0.1:${socket.localPort}/feed/blocks`);
    // One message is in this stream; the others wait in the sockets, and then at the sender.
    const messages = createWebSocketStream(client, {
      readableObjectMode: true,
      readableHighWaterMark: 1,
    });
    let read = 0;
    // When the page goes, the loop is left; that destroys the stream, and the client with it.
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
