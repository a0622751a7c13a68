import { AsyncResource } from 'node:async_hooks';
import { contained, type FaultOwner } from '../errors/contained.js';
import { frameBytesOf, frameOf, MAX_HEADER, maxBytesOf, writeFrame } from './frame.js';
import type { Payload } from './payload.js';

/**
 * Small, because a frame that the kernel does not take at once holds all of it: memory of a blocked connection that is
 * not counted.
 */
const POOL_SIZE = 8 * 1024;
/** A frame that may need more gets its own memory of exactly its size. */
const MAX_POOLED = POOL_SIZE / 2;

/** A text, or a frame that was written when its bytes were given. */
export type Part = string | Buffer;

/**
 * Writes unmasked, uncompressed, unfragmented frames one after another into one buffer, so that the small messages of
 * one turn of the event loop reach the kernel in one call: that call is most of a small message's cost. No byte of the
 * buffer is written twice, because nobody knows how long a stream holds its data.
 */
export class FrameWriter {
  private pool: Buffer = Buffer.alloc(0);
  private offset = 0;
  private lastText: string | undefined;
  private lastFrame: Buffer = this.pool;

  /**
   * The frame of one message. A loop that sends one text to many connections gets the same bytes for all of them:
   * framing it again for each would take 130 of the 160 ns that a send needs until the stream has it.
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

  /** Joins several messages. */
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

  /** Drops the last text framed: loops over many connections finish within one turn. */
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

/** Has frames to write. */
export interface Flushable extends FaultOwner {
  flush(writer: FrameWriter): void;
}

/**
 * At the end of the current turn of the event loop, flushes everyone who produced something in it. One immediate and
 * one buffer serve all connections; nothing waits when the process is idle.
 */
export class FlushScheduler {
  private readonly writer = new FrameWriter();
  private pending: Flushable[] = [];
  private isScheduled = false;
  /** Belongs to no caller's asynchronous context, because it serves all. */
  private readonly scope = new AsyncResource('NestjsRevaliWsFlush');

  add(flushable: Flushable): void {
    this.pending.push(flushable);
    if (!this.isScheduled) this.schedule();
  }

  /** Flushes early, if order or memory requires it. */
  flushNow(flushable: Flushable): void {
    flushable.flush(this.writer);
  }

  /** A frame outside the batch. Sending one text to many connections in a turn creates one frame for all of them. */
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
