import type { Payload } from '../message/payload.js';

/** What the send queue sees of a socket, so that a fake can stand in for it in unit tests. */
export interface FrameSink {
  /** Bytes that are held in memory until the kernel takes them. */
  readonly bufferedAmount: number;
  /** Whether the kernel has not taken all that it was offered. */
  readonly hasUnsent: boolean;
  /** Whether the kernel has taken something since this was asked last. */
  hasMoved(): boolean;
  /**
   * Writes one message: a string as a text frame, bytes as a binary frame. It may be kept back for a moment; bytes
   * may be used again when this returns.
   */
  writeFrame(payload: Payload): void;
  /** Offers the kernel what is kept back. */
  flushNow(): void;
  /** Leaves nothing that another's frame could overtake. */
  flushAll(): void;
  /** Gives up what the kernel has not been offered yet. */
  drop(): void;
}
