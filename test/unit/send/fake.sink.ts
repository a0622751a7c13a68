import type { FrameSink } from '../../../lib/send/frame.sink.js';
import { isPrepared, type Outgoing } from '../../../lib/send/message.encoder.js';

/** A socket whose reader takes what the test says. */
export class FakeSink implements FrameSink {
  bufferedAmount = 0;
  readonly frames: Outgoing[] = [];
  /** Whether what waited was given up. */
  isDropped = false;
  onTaken: (() => void) | undefined;
  private isMoved = false;

  get hasUnsent(): boolean {
    return this.bufferedAmount > 0;
  }

  hasMoved(): boolean {
    const { isMoved } = this;
    this.isMoved = false;
    return isMoved;
  }

  writeFrame(payload: Outgoing): void {
    this.frames.push(payload);
    this.bufferedAmount += isPrepared(payload) ? payload.frame.length : payload.length;
  }

  flushNow(): void {}

  flushAll(): void {}

  awaitStream(): void {}

  onFault(error: unknown): void {
    throw error;
  }

  drop(): void {
    this.isDropped = true;
  }

  /** The kernel takes bytes; all, if not told how many. */
  flush(bytes = this.bufferedAmount): void {
    this.bufferedAmount -= bytes;
    this.isMoved = true;
    this.onTaken?.();
  }
}
