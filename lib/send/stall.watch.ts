import { contained, type FaultOwner } from '../errors/contained.js';

/** How a stream gets on. */
export interface Progress {
  /** Whether the kernel has taken something since this was asked last. */
  hasMoved(): boolean;
}

/** What a stall shows in. */
export interface Stallable extends Progress, FaultOwner {
  /** Whether the kernel has not taken all that it was offered. */
  readonly hasUnsent: boolean;
}

/** A stall is found late by at most one part of the timeout. */
const PARTS = 4;

/**
 * Notices a peer that takes nothing although something waits for it. It looks from time to time, and as long as
 * something waits: a peer that takes what it gets costs neither a timer nor a look.
 */
export class StallWatch {
  private timer: NodeJS.Timeout | undefined;
  private quietParts = 0;

  /** @param timeout Milliseconds. */
  constructor(
    private readonly timeout: number,
    private readonly peer: Stallable,
    private readonly onStalled: () => void,
  ) {}

  /** To be called where something is left to be taken, once or more often. */
  start(): void {
    if (this.timer) return;
    this.quietParts = 0;
    this.peer.hasMoved();
    this.lookLater();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private lookLater(): void {
    this.timer = setTimeout(this.onTimer, this.timeout / PARTS);
  }

  private readonly onTimer = (): void => contained(this.peer, this.look);

  private readonly look = (): void => {
    this.timer = undefined;
    if (!this.peer.hasUnsent) return;
    this.quietParts = this.peer.hasMoved() ? 0 : this.quietParts + 1;
    if (this.quietParts < PARTS) this.lookLater();
    else this.onStalled();
  };
}
