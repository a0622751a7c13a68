import { contained, type FaultOwner } from '../errors/contained.js';

/** How a stream progresses. */
export interface Progress {
  /** Whether the kernel has taken something since the last call. */
  hasMoved(): boolean;
}

/** What can stall. */
export interface Stallable extends Progress, FaultOwner {
  /** Whether the kernel has not taken everything it was offered. */
  readonly hasUnsent: boolean;
}

/** A stall is found late by at most one part of the timeout. */
const PARTS = 4;

/**
 * Notices a peer that reads nothing although data waits for it. It checks from time to time while data waits: a peer
 * that reads costs neither a timer nor a check.
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

  /** Call it if data is left to be taken; may be called more than once. */
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
