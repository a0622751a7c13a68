import type { Payload } from '../message/message.codec.js';

/** What the send queue sees of a socket, so that a fake can stand in for it in unit tests. */
export interface FrameSink {
  /** Bytes accepted and not yet taken by the kernel. */
  readonly bufferedAmount: number;
  /** Writes one message: a string as a text frame, bytes as a binary frame. It may be kept back for a moment. */
  writeFrame(payload: Payload): void;
  /** Hands over what is kept back. */
  flushNow(): void;
  /**
   * Calls back, asynchronously, each time that something written has left the process, what is written by now
   * included. To be called while something is buffered.
   */
  watch(onFlushed: () => void): void;
  unwatch(): void;
}
