import type { Duplex } from 'node:stream';
import { bytesTakenOn } from './socket.vitals.js';

/** Whether the network takes what a stream holds, also in the midst of one large chunk. */
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
