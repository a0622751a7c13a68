import { Controller } from '@nestjs/common';
import { WebSocket, WebSocketConnection, type PreparedMessage } from 'nestjs-revali-ws';

import { eventually } from '../deadline.js';
import { startApp, type AppSetup } from './app-factory.js';
import type { Platform } from './platforms.js';
import type { RunningApp } from './running-app.js';

export const THRESHOLD = 500;
/** Each message, from {@link THRESHOLD} bytes on. */
export const independent = { serverNoContextTakeover: true, threshold: THRESHOLD };
/** What a client offers that wants the same, and no window of its own. */
export const ALONE = 'permessage-deflate; server_no_context_takeover';

/** Without a pattern, so that it stays large. */
export function noise(size: number): Buffer {
  const bytes = Buffer.alloc(size);
  for (let index = 0, state = size + 1; index < size; index += 1) {
    state = (state * 48_271) % 0x7fff_ffff;
    bytes[index] = state;
  }
  return bytes;
}

export const words = (size: number): string => 'Hello compressed wörld. '.repeat(size / 24);

/** Tells all readers something that it prepares once. */
@Controller()
export class Feed {
  readonly readers: WebSocketConnection[] = [];

  @WebSocket('reader', { triggerOnConnect: true })
  reader(reader: WebSocketConnection): void {
    this.readers.push(reader);
  }

  @WebSocket('other', { triggerOnConnect: true })
  other(reader: WebSocketConnection): void {
    this.readers.push(reader);
  }

  prepare(value: unknown): PreparedMessage {
    const [reader] = this.readers;
    if (!reader) throw new Error('nobody is there');
    return reader.prepare(value);
  }

  tell(value: unknown): void {
    const message = this.prepare(value);
    for (const reader of this.readers) void reader.send(message);
  }
}

interface Running {
  readonly app: RunningApp;
  readonly feed: Feed;
  readonly come: (count: number) => Promise<unknown>;
}

/** Compresses each message by itself, if not told otherwise. */
export async function startFeed(
  platform: Platform,
  { forRoot, ...setup }: AppSetup = {},
): Promise<Running> {
  const app = await startApp(platform, {
    ...setup,
    controllers: [Feed],
    forRoot: { perMessageDeflate: independent, ...forRoot },
  });
  const feed = app.app.get(Feed);
  const come = (count: number): Promise<unknown> =>
    eventually(() => expect(feed.readers).toHaveLength(count), 'the readers');
  return { app, feed, come };
}

export const times = <T>(count: number, make: () => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, make));
