import { DEADLINE_MS, within } from '../deadline.js';

interface Waiter<T> {
  resolve: (item: T) => void;
  giveUp: (reason: string) => void;
}

/** What has arrived and was not asked for yet, and who asked for what has not arrived yet. */
export class Inbox<T extends object> {
  private readonly items: T[] = [];
  private readonly waiters = new Set<Waiter<T>>();
  private ending: string | undefined;

  /** @param seen what a failed wait reports as the situation found instead */
  constructor(private readonly seen: () => string) {}

  get queued(): readonly T[] {
    return this.items;
  }

  push(item: T): void {
    const [waiter] = this.waiters;
    if (waiter === undefined) {
      this.items.push(item);
      return;
    }
    this.waiters.delete(waiter);
    waiter.resolve(item);
  }

  /** Nothing more will come: what is queued can still be taken, further waits fail at once. */
  end(reason: string): void {
    this.ending = reason;
    for (const waiter of this.waiters) waiter.giveUp(reason);
    this.waiters.clear();
  }

  async take(what: string, ms = DEADLINE_MS): Promise<T> {
    const item = this.items.shift();
    if (item !== undefined) return item;
    if (this.ending !== undefined) throw this.ended(what, this.ending);
    let waiter: Waiter<T> | undefined;
    const arrival = new Promise<T>((resolve, reject) => {
      waiter = { resolve, giveUp: (reason) => reject(this.ended(what, reason)) };
      this.waiters.add(waiter);
    });
    try {
      return await within(arrival, what, ms, this.seen);
    } finally {
      // A wait that gave up must not swallow what arrives later.
      if (waiter) this.waiters.delete(waiter);
    }
  }

  private ended(what: string, reason: string): Error {
    return new Error(`waited for ${what}, but ${reason}; instead: ${this.seen()}`);
  }
}
