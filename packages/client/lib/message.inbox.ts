import { TooSlow } from './errors.js';

type Result = IteratorResult<unknown, undefined>;
type Waiting = readonly [resolve: (result: Result) => void, reject: (error: unknown) => void];

/** Keeps what has come until a loop takes it; loops share it, and each message goes to one of them. */
export interface Inbox {
  /** @returns Whether there was room for it. */
  readonly put: (item: unknown) => boolean;
  /** Loops can still take the messages that came. @param error The error of loops that do not end normally. */
  readonly end: (error?: unknown) => void;
  /** Drops the messages that came. */
  readonly clear: () => void;
  readonly next: () => Promise<Result>;
}

export function createInbox(limit: number): Inbox {
  const items: unknown[] = [];
  const waiting: Waiting[] = [];
  let isOver = false;
  let failure: unknown;

  /** Gives to a loop that waits what there is for it. */
  const serve = ([resolve, reject]: Waiting): void => {
    if (items.length > 0) resolve({ value: items.shift(), done: false });
    else if (failure) {
      reject(failure);
      // The next loop starts anew; a connection that has ended stays so.
      if (!isOver) failure = undefined;
    } else if (isOver) resolve({ value: undefined, done: true });
    else waiting.push([resolve, reject]);
  };
  const clear = (): void => {
    items.length = 0;
  };

  return {
    put(item) {
      if (!failure && items.push(item) > limit && !waiting[0]) {
        clear();
        failure = new TooSlow(limit);
      }
      waiting.splice(0, 1).forEach(serve);
      return !failure;
    },
    end(error) {
      isOver = true;
      failure ??= error;
      waiting.splice(0).forEach(serve);
    },
    clear,
    next: () => new Promise((...settle) => serve(settle)),
  };
}
