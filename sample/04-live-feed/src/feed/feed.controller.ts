import { setTimeout } from 'node:timers/promises';

import { Controller } from '@nestjs/common';
import { Sends, WebSocket, WebSocketConnection } from 'nestjs-revali-ws';

import { FEED_MESSAGE, METERS_MESSAGE } from './feed.schemas.js';
import { Meters, type Reading } from './meters.js';
import { BLOCK_MS, Sensor, type Block } from './sensor.js';

/** Bytes that may wait in memory for one reader. Above this mark, its generator waits. */
const MARK = 128 * 1024;
const METERS_MS = 100;

/** The block, and its reader. */
export interface FeedMessage extends Block {
  readonly reader: string;
}

export interface MetersMessage {
  readonly mark: number;
  /** The sensor's current block. */
  readonly number: number;
  readonly blockMs: number;
  /** The memory of the whole process, in bytes. */
  readonly memory: number;
  readonly readers: Readonly<Record<string, Reading>>;
}

@Controller('feed')
export class FeedController {
  constructor(
    private readonly sensor: Sensor,
    private readonly meters: Meters,
  ) {}

  @Sends(FEED_MESSAGE)
  @WebSocket('blocks', { mode: 'sendOnly', backpressure: { highWaterMark: MARK } })
  async *blocks(connection: WebSocketConnection): AsyncGenerator<FeedMessage> {
    const meter = this.meters.attach(connection);
    try {
      for (;;) {
        const block = await this.sensor.next();
        meter.produced += 1;
        meter.isWaiting = true;
        // Resumes when the connection can take more. For a slow reader, most of the time passes here.
        yield { reader: connection.id, ...block };
        meter.isWaiting = false;
      }
    } finally {
      this.meters.detach(connection);
    }
  }

  /** What the page shows about all this, a few times a second. */
  @Sends(METERS_MESSAGE)
  @WebSocket('meters', { mode: 'sendOnly' })
  async *readMeters(): AsyncGenerator<MetersMessage> {
    for (;;) {
      yield {
        mark: MARK,
        number: this.sensor.number,
        blockMs: BLOCK_MS,
        memory: process.memoryUsage.rss(),
        readers: this.meters.read(),
      };
      await setTimeout(METERS_MS);
    }
  }
}
