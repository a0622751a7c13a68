import { setImmediate as nextTurn } from 'node:timers/promises';
import { isObservable, Observable, type Subscription } from 'rxjs';
import { isThenable } from '../values/thenable.js';

/** Takes one item; a promise says when the next one is welcome. */
export type ItemConsumer = (item: unknown) => Promise<void> | undefined;

/**
 * Whoever started something can stop it; stopping twice changes nothing.
 *
 * @returns When what was started has cleaned up; it never rejects.
 */
export type Cancel = () => Promise<void> | undefined;

/** A running stream: `done` settles when it completed, failed or was cancelled. */
export interface RunningStream {
  readonly done: Promise<void>;
  readonly cancel: Cancel;
}

/** Items pulled in a row before other connections get their turn. */
const ITEMS_PER_TURN = 32;

/** An iterator of either kind. */
export interface PullSource {
  next(): IteratorResult<unknown, unknown> | PromiseLike<IteratorResult<unknown, unknown>>;
  return?(): unknown;
}

const END: IteratorReturnResult<undefined> = { done: true, value: undefined };

/** An async iterable (async generators, Node's Readables) or a running generator. Arrays, maps and strings are values. */
export function pullSourceOf(value: unknown): PullSource | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (value instanceof ReadableStream) return webSourceOf(value);
  if (isAsyncIterable(value)) {
    const source = value[Symbol.asyncIterator]();
    return isNodeStream(value) ? destroyingSource(source, value) : source;
  }
  return isGenerator(value) ? value : undefined;
}

/** Lets go of a stream that nobody reads. */
export function discard(value: unknown): void {
  if (isNodeStream(value)) destroy(value);
  else if (!isObservable(value)) {
    const source = pullSourceOf(value);
    if (source) void release(source);
  }
}

/** A stream of Node, or one that is made after it. */
interface NodeStream {
  on(event: 'error', listener: () => void): unknown;
  destroy(): unknown;
}

const NODE_STREAM = ['pipe', 'on', 'destroy'] as const;

function isNodeStream(value: unknown): value is NodeStream {
  return (
    typeof value === 'object' &&
    value !== null &&
    NODE_STREAM.every((name) => typeof Reflect.get(value, name) === 'function')
  );
}

/** What it still has to say of its end concerns nobody any more. */
function destroy(stream: NodeStream): void {
  stream.on('error', ignore);
  try {
    stream.destroy();
  } catch {
    // As above.
  }
}

function ignore(): void {
  // Without a listener an error would end the process.
}

/** Node's iterators end a stream only after the item that is being waited for. */
function destroyingSource(source: PullSource, stream: NodeStream): PullSource {
  return {
    next: () => source.next(),
    return: () => {
      destroy(stream);
      return source.return?.();
    },
  };
}

/** As above for streams of the web, whose iterator knows no other way. */
function webSourceOf(stream: ReadableStream<unknown>): PullSource {
  const reader = stream.getReader();
  return {
    next: async () => {
      const { done, value } = await reader.read();
      return done ? { done, value: undefined } : { done, value };
    },
    return: async () => {
      await reader.cancel();
      return END;
    },
  };
}

function isAsyncIterable(value: object): value is AsyncIterable<unknown> {
  return Symbol.asyncIterator in value && typeof value[Symbol.asyncIterator] === 'function';
}

function isGenerator(value: object): value is Iterator<unknown> {
  return (
    Symbol.iterator in value &&
    'next' in value &&
    typeof value.next === 'function' &&
    !Array.isArray(value)
  );
}

/** Pulls items no faster than the consumer takes them. Cancelling calls `return()`, so that `finally` blocks run. */
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
      // What a generator yields is taken at once: it may use the bytes again.
      const { done, value } = isThenable(step)
        ? await settledUnless(step, () => isCancelled)
        : step;
      if (done === true || isCancelled) return;
      const item: unknown = isThenable(value) ? await settledOrRelease(value, cancel) : value;
      if (isCancelled) return;
      await consumeOrRelease(consume, item, cancel);
      // A generator that never waits for anything would keep the event loop for itself.
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

/** As `for await` does with a generator that yields promises. */
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

function release(source: PullSource): Promise<void> | undefined {
  try {
    const returned: unknown = source.return?.();
    // What a finally block throws concerns nobody any more: the stream was given up.
    return isThenable(returned) ? Promise.resolve(returned).then(nothing, nothing) : undefined;
  } catch {
    // As above, for a synchronous generator; "already running" means that it ends by itself.
    return undefined;
  }
}

/** Subscribes; cancelling unsubscribes. Items that come while the socket is full wait in the send queue. */
export function subscribe(source: Observable<unknown>, consume: ItemConsumer): RunningStream {
  return new PushedStream(source, consume);
}

class PushedStream implements RunningStream {
  readonly done: Promise<void>;
  private resolve: () => void = nothing;
  private reject: (error: unknown) => void = nothing;
  private subscription: Subscription | undefined;
  private isOver = false;
  /** The last item that is being taken. */
  private last: Promise<void> | undefined;
  /** What follows a promise waits for it, so that the order stays. */
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
    // Both are awaited at once: neither may be rejected without a listener.
    const [value] = await Promise.all([item, before]);
    if (!this.isOver) await this.consume(value);
  }
}

function nothing(): void {
  // In the place of what a promise gives before anybody can call it.
}

/**
 * An Observable over a pull source, for interceptors; `ready` is awaited before each pull.
 *
 * @param track Is told of what goes on when nobody is subscribed any more.
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
 * `from()` for one promise; rxjs itself makes what a teardown throws (`finalize()`) an uncaught exception. A stream that
 * comes when nobody wants it any more is let go of.
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
    // What teardowns throw comes back here after the end was told: it concerns nobody any more.
    .then(undefined, () => undefined);
}
