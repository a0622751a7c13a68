import { randomBytes } from 'node:crypto';
import type { LifeSigns } from '../ws/socket.vitals.js';

/** The clock of a heartbeat. */
export interface BeatClock {
  /** Turns that have passed. */
  readonly turn: number;
  /** Turns that a pong may take. */
  readonly patience: number;
  /** The most turns that a download may get. */
  readonly mostPatience: number;
}

/**
 * Bytes that the buffers of both kernels may hold. They fill and drain in bursts, and nothing shows their content: a
 * ping behind them is answered once the peer has read them all.
 */
const NETWORK_BUFFERS = 6 * 1024 * 1024;
/** Random, so that a peer cannot answer without reading. */
const NONCE_BYTES = 8;

/** A ping without a pong so far, and what its peer did meanwhile. */
export class Beat {
  readonly nonce = randomBytes(NONCE_BYTES);
  /** The turn in which the pong is overdue. */
  dueTurn: number;
  private heard: number;
  private taken: number;
  private wasWaiting: boolean;
  private drainStart: { readonly turn: number; readonly taken: number } | undefined;

  constructor({ heard, taken, isWaiting }: LifeSigns, clock: BeatClock) {
    this.dueTurn = clock.turn + clock.patience;
    this.heard = heard;
    this.taken = taken;
    this.wasWaiting = isWaiting;
    if (isWaiting) this.drainStart = { turn: clock.turn, taken };
  }

  /**
   * Gives the peer more time if it has sent or received anything since the last check.
   *
   * @returns Whether it has.
   */
  look({ heard, taken, isWaiting }: LifeSigns, clock: BeatClock): boolean {
    const hasSent = heard > this.heard;
    const hasTaken = this.wasWaiting && taken > this.taken;
    this.heard = heard;
    this.taken = taken;
    this.wasWaiting = isWaiting;
    if (hasTaken) this.dueTurn = clock.turn + this.turnsToDrain(clock);
    else if (hasSent) this.dueTurn = Math.max(this.dueTurn, clock.turn + clock.patience);
    if (isWaiting) this.drainStart ??= { turn: clock.turn, taken };
    return hasSent || hasTaken;
  }

  /** Estimated from the peer's own pace. */
  private turnsToDrain({ turn, patience, mostPatience }: BeatClock): number {
    const start = this.drainStart ?? { turn, taken: this.taken };
    const perTurn = (this.taken - start.taken) / Math.max(1, turn - start.turn);
    const needed = perTurn > 0 ? Math.ceil(NETWORK_BUFFERS / perTurn) : patience;
    return Math.min(Math.max(patience, needed), Math.max(patience, mostPatience));
  }
}
