import type { Duplex } from 'node:stream';
import { bytesTakenOn } from '../connection/socket.vitals.js';

/** Whether the kernel takes what a stream holds. A chunk may be large, and leave in many parts. */
export class StreamProgress {
  private taken = 0;

  constructor(private readonly stream: Duplex) {}

  /** Since this was asked last. */
  hasMoved(): boolean {
    const before = this.taken;
    this.taken = bytesTakenOn(this.stream);
    return this.taken !== before;
  }
}
