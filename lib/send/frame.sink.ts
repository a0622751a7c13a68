import { type Outgoing } from './message.encoder.js';
import type { Stallable } from './stall.watch.js';

/** What the send queue sees of a socket, so that a fake can stand in for it in unit tests. */
export interface FrameSink extends Stallable {
  /** Bytes that are held in memory until the kernel takes them. */
  readonly bufferedAmount: number;
  /**
   * Writes one message: a string as a text frame, bytes as a binary frame, what was prepared as
   * it is. It may be kept back for a moment; bytes may be used again when this returns.
   */
  writeFrame(payload: Outgoing): void;
  /** Offers the kernel what is kept back. */
  flushNow(): void;
  /** Leaves nothing that another's frame could overtake. */
  flushAll(): void;
  /** Tells the owner when the kernel has taken what the stream holds, also what others wrote: the 101, a pong. */
  awaitStream(): void;
  /** Gives up what the kernel has not been offered yet. */
  drop(): void;
}
