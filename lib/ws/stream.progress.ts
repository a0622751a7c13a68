import type { Duplex } from 'node:stream';
import { bytesTakenOn } from './socket.vitals.js';

/** Whether the network takes a stream's data, even in the middle of one large chunk. */
export class StreamProgress {
  private taken = 0;

  constructor(private readonly stream: Duplex) {}

  /** Since the last call. */
  hasMoved(): boolean {
    const before = this.taken;
    this.taken = bytesTakenOn(this.stream);
    return this.taken !== before;
  }
}
