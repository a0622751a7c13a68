/** Handshakes that begin in one turn of the event loop: some milliseconds of work. */
const PER_TURN = 16;

/** An upgrade whose turn has not come. */
export interface WaitingForTurn {
  proceed: () => void;
}

/**
 * Spreads a storm of handshakes over turns of the event loop. In a row, thousands of them would keep everybody inside
 * waiting, and new clients out: nobody accepts their connections meanwhile, Linux queues few and drops the rest, and a
 * client tries again after 1, 3, 7 and more seconds.
 */
export class UpgradeTurns {
  private left = PER_TURN;
  private isScheduled = false;
  private readonly waiting = new Set<WaitingForTurn>();

  /** @returns False if this turn has had its handshakes, or others wait already. */
  tryTake(): boolean {
    if (this.left === 0 || this.waiting.size > 0) return false;
    this.left -= 1;
    // Not earlier: a single handshake need not pay for it.
    if (this.left === 0) this.schedule();
    return true;
  }

  /** Calls `proceed()` when its turn has come. */
  add(upgrade: WaitingForTurn): void {
    this.waiting.add(upgrade);
    this.schedule();
  }

  remove(upgrade: WaitingForTurn): void {
    this.waiting.delete(upgrade);
  }

  /** Nobody waits any longer. */
  hurry(): void {
    for (const upgrade of this.waiting) {
      this.waiting.delete(upgrade);
      upgrade.proceed();
    }
  }

  private schedule(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    setImmediate(this.nextTurn);
  }

  private readonly nextTurn = (): void => {
    this.isScheduled = false;
    this.left = PER_TURN;
    for (const upgrade of this.waiting) {
      this.left -= 1;
      this.waiting.delete(upgrade);
      // One callback each, as when Node reports them: promises of one are settled before the next.
      setImmediate(upgrade.proceed);
      if (this.left === 0) break;
    }
    if (this.left === 0) this.schedule();
  };
}
