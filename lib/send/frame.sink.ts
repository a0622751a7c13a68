import { type Outgoing } from './message.encoder.js';
import type { Stallable } from './stall.watch.js';

/** The send queue's view of a socket, so that unit tests can use a fake. */
export interface FrameSink extends Stallable {
  /** Bytes held in memory until the kernel takes them. */
  readonly bufferedAmount: number;
  /**
   * Writes one message: a string as a text frame, bytes as a binary frame, a prepared message as is. It may be held
   * back for a moment; the bytes may be reused when this returns.
   */
  writeFrame(payload: Outgoing): void;
  /** Offers held data to the kernel. */
  flushNow(): void;
  /** Leaves nothing that another's frame could overtake. */
  flushAll(): void;
  /** Notifies the owner when the kernel has taken the stream's data, including what others wrote: the 101, a pong. */
  awaitStream(): void;
  /** Discards data that the kernel has not been offered yet. */
  drop(): void;
}
