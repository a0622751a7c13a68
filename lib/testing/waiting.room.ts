import { handled, within } from './deadline.js';

interface Waiter<T> {
  readonly awaited: string;
  readonly fits: (item: T) => boolean;
  readonly resolve: (item: T) => void;
  readonly reject: (error: Error) => void;
}

/** Why a wait fails: its deadline has passed, or what it waits for can no longer come. */
export interface WaitFailures {
  late(awaited: string): Error;
  over(awaited: string): Error;
}

/** What has arrived and nobody asked for yet, and who waits for what has not arrived yet. */
export class WaitingRoom<T extends string | object> {
  private readonly items: T[] = [];
  private readonly waiters = new Set<Waiter<T>>();
  private isOver = false;

  constructor(private readonly failures: WaitFailures) {}

  get queued(): readonly T[] {
    return this.items;
  }

  put(item: T): void {
    const waiter = [...this.waiters].find(({ fits }) => fits(item));
    if (!waiter) {
      this.items.push(item);
      return;
    }
    this.waiters.delete(waiter);
    waiter.resolve(item);
  }

  /** Nothing more will come. What is here can still be taken. */
  end(): void {
    this.isOver = true;
    for (const { awaited, reject } of this.waiters) reject(this.failures.over(awaited));
    this.waiters.clear();
  }

  /**
   * @param awaited What this is, for the failure.
   * @param timeout Milliseconds.
   * @param fits What else is here is left to others. Default: whatever comes.
   */
  take(awaited: string, timeout: number, fits: (item: T) => boolean = anything): Promise<T> {
    const at = this.items.findIndex(fits);
    // Of many, the first is taken fastest by shift().
    const [item] = at > 0 ? this.items.splice(at, 1) : [at === 0 ? this.items.shift() : undefined];
    if (item !== undefined) return Promise.resolve(item);
    if (this.isOver) return handled(Promise.reject(this.failures.over(awaited)));
    return this.wait(awaited, timeout, fits);
  }

  private wait(awaited: string, timeout: number, fits: (item: T) => boolean): Promise<T> {
    const { promise, waiter } = waiterFor<T>(awaited, fits);
    this.waiters.add(waiter);
    return within(promise, timeout, () => {
      // A wait that has failed must not swallow what comes later.
      this.waiters.delete(waiter);
      return this.failures.late(awaited);
    });
  }
}

const anything = (): boolean => true;

function waiterFor<T>(
  awaited: string,
  fits: (item: T) => boolean,
): { promise: Promise<T>; waiter: Waiter<T> } {
  let resolve: (item: T) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<T>((onItem, onError) => {
    resolve = onItem;
    reject = onError;
  });
  return {
    promise,
    waiter: {
      awaited,
      fits,
      resolve: (item) => resolve(item),
      reject: (error) => reject(error),
    },
  };
}
