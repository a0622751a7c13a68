import type { Random } from '../support/random.js';
import type { VirtualClock } from './virtual.clock.js';

/** One connection between a node and the broker: what goes one way arrives in order, late, or not at all. */
export class FaultyWire {
  isUp = true;
  isDead = false;
  /** Longest time that something is under way, in ms. */
  latency = 10;
  /** Who waits for an answer. */
  private readonly waiting = new Set<(error: Error) => void>();
  /** What is under way of an earlier connection never arrives. */
  private connection = 0;
  private held: (() => void)[] | undefined;
  private thereAt = 0;
  private backAt = 0;

  constructor(
    private readonly clock: VirtualClock,
    private readonly random: Random,
  ) {}

  /** Commands without an answer. */
  get pending(): number {
    return this.waiting.size;
  }

  ask<T>(command: () => T): Promise<T> {
    if (!this.isUp) return Promise.reject(new Error('the link is cut'));
    return new Promise<T>((resolve, reject) => {
      this.waiting.add(reject);
      this.thereAt = this.send(this.thereAt, () => {
        const answer = command();
        this.back(() => {
          this.waiting.delete(reject);
          resolve(answer);
        });
      });
    });
  }

  /** From the broker to the node. */
  back(arrive: () => void): void {
    this.backAt = this.send(this.backAt, arrive);
  }

  /** Nothing arrives, and nobody is told, until `release()`. */
  hold(): void {
    if (this.isUp) this.held ??= [];
  }

  /** All that was held arrives. */
  release(): void {
    const { held = [] } = this;
    this.held = undefined;
    for (const arrive of held) arrive();
  }

  /** What is under way is lost, and nobody is told. */
  drop(): void {
    this.connection += 1;
    if (this.held) this.held = [];
  }

  /** What is under way is lost; who waits is told. */
  cut(): void {
    this.drop();
    this.isUp = false;
    this.held = undefined;
    for (const reject of this.waiting) reject(new Error('the link was cut'));
    this.waiting.clear();
  }

  mend(): void {
    if (!this.isDead) this.isUp = true;
  }

  die(): void {
    this.cut();
    this.isDead = true;
  }

  /** @returns When it arrives: nothing after it comes before. */
  private send(notBefore: number, arrive: () => void): number {
    const { connection } = this;
    const at = Math.max(notBefore, this.clock.now + this.random.below(this.latency));
    this.clock.at(at, () => {
      if (connection !== this.connection) return;
      if (this.held) this.held.push(arrive);
      else arrive();
    });
    return at;
  }
}
