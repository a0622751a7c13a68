import { contained, type FaultOwner } from '../contained.js';
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

  add(flushable: Flushable): void {
    if (this.pending.push(flushable) === 1) setImmediate(this.flushAll);
  }

  /** Out of turn, where order or memory demands it. */
  flushNow(flushable: Flushable): void {
    flushable.flush(this.writer);
  }

  private readonly flushAll = (): void => {
    const { pending } = this;
    this.pending = [];
    for (const flushable of pending) contained(flushable, this.flush);
    this.writer.forget();
  };

  private readonly flush = (flushable: Flushable): void => flushable.flush(this.writer);
}
