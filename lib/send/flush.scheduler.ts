import { AsyncResource } from 'node:async_hooks';
import { contained, type FaultOwner } from '../contained.js';
import type { Payload } from './payload.js';
import { FrameWriter } from './frame.writer.js';

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
