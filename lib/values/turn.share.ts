import { inOwnContext } from './own.context.js';

/** It must not throw. */
type Job = () => void;

/** Does a number of jobs in each turn of the event loop, in order, so that other work comes in between. */
export class TurnShare {
  private left: number;
  private isScheduled = false;
  /** Those that are due stay here until they begin, so that no later one overtakes them. */
  private readonly waiting = new Set<Job>();

  constructor(private readonly perTurn: number) {
    this.left = perTurn;
  }

  /** @returns False if this turn has had its jobs, or others wait already: {@link add} the job then. */
  tryTake(): boolean {
    if (this.left === 0 || this.waiting.size > 0) return false;
    this.left -= 1;
    // Not earlier: a single job need not pay for it.
    if (this.left === 0) this.schedule();
    return true;
  }

  /** Does the job in its turn, in the caller's asynchronous context. */
  add(job: Job): void {
    this.waiting.add(inOwnContext(job));
    this.schedule();
  }

  /** Never runs the job before it returns. */
  soon(job: Job): void {
    if (this.tryTake()) queueMicrotask(job);
    else this.add(job);
  }

  /** Nobody waits any longer. */
  hurry(): void {
    for (const job of this.waiting) this.begin(job);
  }

  private schedule(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    setImmediate(this.nextTurn);
  }

  private readonly nextTurn = (): void => {
    this.isScheduled = false;
    const due = Math.min(this.perTurn, this.waiting.size);
    this.left = this.perTurn - due;
    if (this.left === 0) this.schedule();
    // One callback each, so that promises of one are settled before the next.
    for (let count = 1; count < due; count += 1) setImmediate(this.beginNext);
    this.beginNext();
  };

  private readonly beginNext = (): void => {
    for (const job of this.waiting) {
      this.begin(job);
      return;
    }
  };

  private begin(job: Job): void {
    this.waiting.delete(job);
    job();
  }
}
