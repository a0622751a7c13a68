import { handled, within } from './deadline.js';

interface Waiter<T> {
  readonly awaited: string;
  readonly fits: (item: T) => boolean;
  readonly resolve: (item: T) => void;
  readonly reject: (error: Error) => void;
}

/** Creates the error of a failed wait: its deadline has passed, or the awaited item can no longer come. */
export interface WaitFailures {
  late(awaited: string): Error;
  over(awaited: string): Error;
}

/** Items that nobody has asked for yet, and callers whose item has not arrived yet. */
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

  /** Nothing more will come. Items that have arrived can still be taken. */
  end(): void {
    this.isOver = true;
    for (const { awaited, reject } of this.waiters) reject(this.failures.over(awaited));
    this.waiters.clear();
  }

  /**
   * @param awaited Names the item in the error.
   * @param timeout Milliseconds.
   * @param fits Selects the item; others stay for other callers. Default: any item.
   */
  take(awaited: string, timeout: number, fits: (item: T) => boolean = anything): Promise<T> {
    const at = this.items.findIndex(fits);
    // With many items, shift() is the fastest way to take the first.
    const [item] = at > 0 ? this.items.splice(at, 1) : [at === 0 ? this.items.shift() : undefined];
    if (item !== undefined) return Promise.resolve(item);
    if (this.isOver) return handled(Promise.reject(this.failures.over(awaited)));
    return this.wait(awaited, timeout, fits);
  }

  private wait(awaited: string, timeout: number, fits: (item: T) => boolean): Promise<T> {
    const { promise, waiter } = waiterFor<T>(awaited, fits);
    this.waiters.add(waiter);
    return within(promise, timeout, () => {
      // A failed wait must not swallow a later item.
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
