import type { Payload } from '../../../lib/message/message.codec.js';
import type { FrameSink } from '../../../lib/send/frame.sink.js';

/** A socket whose reader takes what the test says. */
export class FakeSink implements FrameSink {
  bufferedAmount = 0;
  readonly frames: Payload[] = [];
  private onFlushed: (() => void) | undefined;

  writeFrame(payload: Payload): void {
    this.frames.push(payload);
    this.bufferedAmount += payload.length;
  }

  flushNow(): void {}

  watch(onFlushed: () => void): void {
    this.onFlushed = onFlushed;
  }

  unwatch(): void {
    this.onFlushed = undefined;
  }

  /** The kernel takes bytes; all, if not told how many. */
  flush(bytes = this.bufferedAmount): void {
    this.bufferedAmount -= bytes;
    this.onFlushed?.();
  }
}
