import { AsyncResource } from 'node:async_hooks';
import { contained, type FaultOwner } from '../errors/contained.js';
import { frameBytesOf, frameOf, MAX_HEADER, maxBytesOf, writeFrame } from './frame.js';
import type { Payload } from './payload.js';

/**
 * Small, since a frame that the kernel does not take at once holds on to all of it: the memory of a blocked
 * connection that is not counted.
 */
const POOL_SIZE = 8 * 1024;
/** What may need more gets memory of its own, exactly as large. */
const MAX_POOLED = POOL_SIZE / 2;

/** A text, or a frame that was written when its bytes were given. */
export type Part = string | Buffer;

/**
 * Writes unmasked, uncompressed, unfragmented frames one after another into one buffer, so that the small messages
 * of a turn of the event loop reach the kernel in one call: that call is what a small message costs. No byte of the
 * buffer is written twice, since nobody knows for how long a stream holds on to what it was given.
 */
export class FrameWriter {
  private pool: Buffer = Buffer.alloc(0);
  private offset = 0;
  private lastText: string | undefined;
  private lastFrame: Buffer = this.pool;

  /**
   * The frame of one message. A loop that sends one text to many connections gets the same bytes for all of them:
   * to frame it anew for each were 130 of the 160 ns that a send takes until the stream has it.
   */
  frame(payload: Payload): Buffer {
    if (payload === this.lastText) return this.lastFrame;
    const frame = this.newFrame(payload);
    if (typeof payload === 'string') {
      this.lastText = payload;
      this.lastFrame = frame;
    }
    return frame;
  }

  /** Several messages in one piece. */
  join(first: Part, more: readonly Part[]): Buffer {
    let needed = mostOf(first);
    for (const part of more) needed += mostOf(part);
    if (needed > MAX_POOLED) return joinExactly([first, ...more]);
    this.reserve(needed);
    const start = this.offset;
    this.write(first);
    for (const part of more) this.write(part);
    return this.pool.subarray(start, this.offset);
  }

  /** Lets go of the text framed last: who sends to many does it in one turn. */
  forget(): void {
    this.lastText = undefined;
    this.lastFrame = this.pool;
  }

  private newFrame(payload: Payload): Buffer {
    const needed = MAX_HEADER + maxBytesOf(payload);
    if (needed > MAX_POOLED) return frameOf(payload);
    this.reserve(needed);
    const start = this.offset;
    this.offset = writeFrame(this.pool, start, payload);
    return this.pool.subarray(start, this.offset);
  }

  private reserve(needed: number): void {
    if (this.pool.length - this.offset >= needed) return;
    this.pool = Buffer.allocUnsafeSlow(POOL_SIZE);
    this.offset = 0;
  }

  private write(part: Part): void {
    this.offset = writePart(this.pool, this.offset, part);
  }
}

function joinExactly(parts: readonly Part[]): Buffer {
  const length = parts.reduce((sum, part) => sum + exactlyOf(part), 0);
  const joined = Buffer.allocUnsafeSlow(length);
  let end = 0;
  for (const part of parts) end = writePart(joined, end, part);
  return end === length ? joined : joined.subarray(0, end);
}

function writePart(target: Buffer, start: number, part: Part): number {
  if (typeof part === 'string') return writeFrame(target, start, part);
  target.set(part, start);
  return start + part.length;
}

const mostOf = (part: Part): number =>
  typeof part === 'string' ? MAX_HEADER + maxBytesOf(part) : part.length;

const exactlyOf = (part: Part): number =>
  typeof part === 'string' ? frameBytesOf(part) : part.length;

/** Somebody with frames to write. */
export interface Flushable extends FaultOwner {
  flush(writer: FrameWriter): void;
}

/**
 * Flushes, at the end of the current turn of the event loop, everybody who produced something in it. One immediate
 * and one buffer serve all connections; nothing waits when the process is idle.
 */
export class FlushScheduler {
  private readonly writer = new FrameWriter();
  private pending: Flushable[] = [];
  private isScheduled = false;
  /** In nobody's asynchronous context: it serves all. */
  private readonly scope = new AsyncResource('NestjsRevaliWsFlush');

  add(flushable: Flushable): void {
    this.pending.push(flushable);
    if (!this.isScheduled) this.schedule();
  }

  /** Out of turn, where order or memory demands it. */
  flushNow(flushable: Flushable): void {
    flushable.flush(this.writer);
  }

  /** A frame out of turn. Who sends one text to many connections in a turn gets one frame for all of them. */
  frame(payload: Payload): Buffer {
    if (!this.isScheduled) this.schedule();
    return this.writer.frame(payload);
  }

  private schedule(): void {
    this.isScheduled = true;
    this.scope.runInAsyncScope(setImmediate, undefined, this.flushAll);
  }

  private readonly flushAll = (): void => {
    const { pending } = this;
    this.pending = [];
    this.isScheduled = false;
    for (const flushable of pending) contained(flushable, this.flush);
    this.writer.forget();
  };

  private readonly flush = (flushable: Flushable): void => flushable.flush(this.writer);
}
