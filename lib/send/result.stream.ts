import { setImmediate as nextTurn } from 'node:timers/promises';
import { Observable, type Observer, type Subscription } from 'rxjs';
import { isThenable } from '../values/thenable.js';
import { discard, END, release, type PullSource } from './pull.source.js';
import { StreamEnd } from './stream.end.js';

/** Takes one item; a promise says when the next one is welcome. */
export type ItemConsumer = (item: unknown) => Promise<void> | undefined;

/**
 * Stops what was started; stopping twice has no effect.
 *
 * @returns When it has cleaned up; it never rejects.
 */
export type Cancel = () => Promise<void> | undefined;

export interface RunningStream {
  /** Settles when it completes, fails, or is canceled; `undefined` if it has completed or was canceled. */
  readonly done: Promise<void> | undefined;
  readonly cancel: Cancel;
}

/** A stream that cannot be over before a promise is. */
interface PulledStream extends RunningStream {
  readonly done: Promise<void>;
}

/** Items pulled in a row before other connections get their turn. */
const ITEMS_PER_TURN = 32;

/** Pulls items no faster than the consumer takes them. Canceling calls `return()`, so that `finally` blocks run. */
export function pull(source: PullSource, consume: ItemConsumer): PulledStream {
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

/** Is its own observer. Most sources emit one value at once: only those that take their time cost a promise. */
class PushedStream implements RunningStream, Observer<unknown> {
  private readonly end = new StreamEnd();
  /** Sources may emit everything before they return it. */
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
    this.subscription = source.subscribe(this);
    if (this.isOver) this.subscription.unsubscribe();
  }

  get done(): Promise<void> | undefined {
    return this.end.reached;
  }

  readonly cancel: Cancel = () => {
    this.isOver = true;
    try {
      this.subscription?.unsubscribe();
      this.end.complete();
    } catch (error) {
      this.end.fail(error);
    }
    return undefined;
  };

  next(item: unknown): void {
    if (this.isOver) return;
    try {
      const pending = this.take(item);
      if (!pending) return;
      this.last = pending;
      pending.catch((error: unknown) => this.giveUp(error));
    } catch (error) {
      this.isOver = true;
      this.giveUp(error);
    }
  }

  error(error: unknown): void {
    this.end.fail(error);
  }

  complete(): void {
    const { last, end } = this;
    if (last)
      last.then(
        () => end.complete(),
        (error: unknown) => end.fail(error),
      );
    else end.complete();
  }

  private giveUp(error: unknown): void {
    try {
      this.subscription?.unsubscribe();
    } catch {
      // A teardown failed as well; the first error counts.
    }
    this.end.fail(error);
  }

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
