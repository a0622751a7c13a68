import { setImmediate as nextTurn } from 'node:timers/promises';
import { Observable, type Subscription } from 'rxjs';
import { nothing } from '../values/nothing.js';
import { isThenable } from '../values/thenable.js';
import { discard, END, release, type PullSource } from './pull.source.js';

/** Takes one item; a promise says when the next one is welcome. */
export type ItemConsumer = (item: unknown) => Promise<void> | undefined;

/**
 * Stops what was started; stopping twice has no effect.
 *
 * @returns When it has cleaned up; it never rejects.
 */
export type Cancel = () => Promise<void> | undefined;

/** A running stream: `done` settles when it completes, fails, or is canceled. */
export interface RunningStream {
  readonly done: Promise<void>;
  readonly cancel: Cancel;
}

/** Items pulled in a row before other connections get their turn. */
const ITEMS_PER_TURN = 32;

/** Pulls items no faster than the consumer takes them. Canceling calls `return()`, so that `finally` blocks run. */
export function pull(source: PullSource, consume: ItemConsumer): RunningStream {
  let isCancelled = false;
  const cancel: Cancel = () => {
    if (isCancelled) return undefined;
    isCancelled = true;
    return release(source);
  };
  const run = async (): Promise<void> => {
    for (let pulled = 1; !isCancelled; pulled += 1) {
      const step = source.next();
      // A yielded item is taken at once: the generator may reuse its bytes.
      const { done, value } = isThenable(step)
        ? await settledUnless(step, () => isCancelled)
        : step;
      if (done === true || isCancelled) return;
      const item: unknown = isThenable(value) ? await settledOrRelease(value, cancel) : value;
      if (isCancelled) return;
      await consumeOrRelease(consume, item, cancel);
      // A generator that never waits would block the event loop.
      if (pulled % ITEMS_PER_TURN === 0) await nextTurn();
    }
  };
  return { done: run(), cancel };
}

/** A stream that was given up may fail because of that. */
async function settledUnless(
  step: PromiseLike<IteratorResult<unknown, unknown>>,
  isCancelled: () => boolean,
): Promise<IteratorResult<unknown, unknown>> {
  try {
    return await step;
  } catch (error) {
    if (isCancelled()) return END;
    throw error;
  }
}

/** Works like `for await` with a generator that yields promises. */
async function settledOrRelease(item: PromiseLike<unknown>, cancel: Cancel): Promise<unknown> {
  try {
    return await item;
  } catch (error) {
    void cancel();
    throw error;
  }
}

async function consumeOrRelease(
  consume: ItemConsumer,
  value: unknown,
  cancel: Cancel,
): Promise<void> {
  try {
    const pending = consume(value);
    if (pending) await pending;
  } catch (error) {
    void cancel();
    throw error;
  }
}

/** Subscribes; canceling unsubscribes. Items that come while the socket is full wait in the send queue. */
export function subscribe(source: Observable<unknown>, consume: ItemConsumer): RunningStream {
  return new PushedStream(source, consume);
}

class PushedStream implements RunningStream {
  readonly done: Promise<void>;
  private resolve: () => void = nothing;
  private reject: (error: unknown) => void = nothing;
  private subscription: Subscription | undefined;
  private isOver = false;
  /** The item that is being taken. */
  private last: Promise<void> | undefined;
  /** Items after a promise wait for it, which keeps the order. */
  private promised: Promise<void> | undefined;

  constructor(
    source: Observable<unknown>,
    private readonly consume: ItemConsumer,
  ) {
    this.done = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
      this.subscription = source.subscribe({
        next: this.next,
        error: reject,
        complete: () => {
          if (this.last) this.last.then(resolve, reject);
          else resolve();
        },
      });
      if (this.isOver) this.subscription.unsubscribe();
    });
  }

  readonly cancel: Cancel = () => {
    this.isOver = true;
    try {
      this.subscription?.unsubscribe();
      this.resolve();
    } catch (error) {
      this.reject(error);
    }
    return undefined;
  };

  private readonly next = (item: unknown): void => {
    if (this.isOver) return;
    try {
      const pending = this.take(item);
      if (!pending) return;
      this.last = pending;
      pending.catch(this.fail);
    } catch (error) {
      this.isOver = true;
      this.fail(error);
    }
  };

  private readonly fail = (error: unknown): void => {
    try {
      this.subscription?.unsubscribe();
    } catch {
      // A teardown failed as well; the first error counts.
    }
    this.reject(error);
  };

  private take(item: unknown): Promise<void> | undefined {
    if (!this.promised && !isThenable(item)) return this.consume(item);
    return (this.promised = this.takeAfter(item, this.promised));
  }

  private async takeAfter(item: unknown, before: Promise<void> | undefined): Promise<void> {
    // Both are awaited at once: neither may reject without a listener.
    const [value] = await Promise.all([item, before]);
    if (!this.isOver) await this.consume(value);
  }
}

/**
 * An Observable over a pull source, for interceptors; `ready` is awaited before each pull.
 *
 * @param track Called with work that continues after the last subscriber has left.
 */
export function observePull(
  open: PullSource,
  ready: () => Promise<void> | undefined,
  track?: (work: Promise<unknown>) => void,
): Observable<unknown> {
  return new Observable((subscriber) => {
    const stream = pull(open, (item) => {
      subscriber.next(item);
      // A subscriber that has left cancels the stream in the next tick, and wants no further item.
      return subscriber.closed ? Promise.resolve() : ready();
    });
    forward(stream.done, subscriber, () => subscriber.complete());
    return () => {
      const over = stream.cancel() ?? stream.done;
      track?.(over);
    };
  });
}

/**
 * Works like `from()` for one promise, but rxjs itself turns errors of a teardown (`finalize()`) into uncaught
 * exceptions. A stream that comes when nobody wants it any more is released.
 */
export function observePromise<T>(promise: PromiseLike<T>): Observable<T> {
  return new Observable((subscriber) => {
    forward(promise, subscriber, (value) => {
      if (subscriber.closed) discard(value);
      subscriber.next(value);
      subscriber.complete();
    });
  });
}

function forward<T>(
  promise: PromiseLike<T>,
  subscriber: { error(error: unknown): void },
  onValue: (value: T) => void,
): void {
  promise
    .then(onValue, (error: unknown) => subscriber.error(error))
    // Errors of teardowns arrive here after the end was reported: they no longer matter.
    .then(undefined, () => undefined);
}
