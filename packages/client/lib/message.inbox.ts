import { TooSlow } from './errors.js';

type Result = IteratorResult<unknown, undefined>;
type Waiting = readonly [resolve: (result: Result) => void, reject: (error: unknown) => void];

/** Keeps messages until a loop takes them. Loops share the inbox, and each message goes to one of them. */
export interface Inbox {
  /** @returns Whether there was room for the message. */
  readonly put: (item: unknown) => boolean;
  /** Loops can still take the waiting messages. @param error The error of loops that do not end normally. */
  readonly end: (error?: unknown) => void;
  /** Drops the waiting messages. */
  readonly clear: () => void;
  readonly next: () => Promise<Result>;
}

export function createInbox(limit: number): Inbox {
  const items: unknown[] = [];
  const waiting: Waiting[] = [];
  let isOver = false;
  let failure: unknown;

  /** Gives a waiting loop the next message, or the end. */
  const serve = ([resolve, reject]: Waiting): void => {
    if (items.length > 0) resolve({ value: items.shift(), done: false });
    else if (failure) {
      reject(failure);
      // The next loop starts afresh; an ended connection stays ended.
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
