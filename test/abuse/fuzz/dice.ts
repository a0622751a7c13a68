import { Random } from '../../support/random.js';
import type { Setup } from './setups.js';
import { tokenOf } from './tokens.js';

/** The source of everything that is random in one sequence. */
export class Dice extends Random {
  private tokens = 0;

  constructor(
    seed: number,
    readonly index: number,
    readonly setup: Setup,
  ) {
    // Neighbors have nothing in common.
    super(Math.imul(seed ^ Math.imul(index + 1, 0x9e3779b1), 0x85ebca6b));
  }

  /** A value that nobody else has. */
  token(): string {
    this.tokens += 1;
    return tokenOf(this.index, this.tokens);
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)));
  }

  /** Mostly small. */
  size(limit: number): number {
    return this.chance(0.8) ? this.below(Math.min(limit, 200)) : this.below(limit);
  }

  /** Offsets at which to cut bytes into segments: mostly none. */
  cuts(length: number): number[] {
    if (length < 2 || this.chance(0.6)) return [];
    const offsets = Array.from({ length: 1 + this.below(3) }, () => 1 + this.below(length - 1));
    return [...new Set(offsets)].toSorted((left, right) => left - right);
  }
}
