/** Handshakes that begin in one turn of the event loop: some milliseconds of work. */
const PER_TURN = 16;

/** Begins a handshake. It must not throw. */
type Begin = () => void;

/**
 * Spreads a storm of handshakes over turns of the event loop. In a row, thousands of them would keep everybody inside
 * waiting, and new clients out: nobody accepts their connections meanwhile, Linux queues few and drops the rest, and a
 * client tries again after 1, 3, 7 and more seconds.
 */
export class UpgradeTurns {
  private left = PER_TURN;
  private isScheduled = false;
  /** In order. Those that are due stay here until they begin, so that no later one overtakes them. */
  private readonly waiting = new Set<Begin>();

  /** @returns False if this turn has had its handshakes, or others wait already. */
  tryTake(): boolean {
    if (this.left === 0 || this.waiting.size > 0) return false;
    this.left -= 1;
    // Not earlier: a single handshake need not pay for it.
    if (this.left === 0) this.schedule();
    return true;
  }

  /** Called in its turn. */
  add(begin: Begin): void {
    this.waiting.add(begin);
    this.schedule();
  }

  /** Nobody waits any longer. */
  hurry(): void {
    for (const begin of this.waiting) this.begin(begin);
  }

  private schedule(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    setImmediate(this.nextTurn);
  }

  private readonly nextTurn = (): void => {
    this.isScheduled = false;
    const due = Math.min(PER_TURN, this.waiting.size);
    this.left = due > 0 ? 0 : PER_TURN;
    // One callback each, as when Node reports them: promises of one are settled before the next.
    for (let count = 0; count < due; count += 1) setImmediate(this.beginNext);
    if (due > 0) this.schedule();
  };

  private readonly beginNext = (): void => {
    for (const begin of this.waiting) {
      this.begin(begin);
      return;
    }
  };

  private begin(begin: Begin): void {
    this.waiting.delete(begin);
    begin();
  }
}
