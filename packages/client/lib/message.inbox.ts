import { TooSlow } from './errors.js';

interface Waiting<T> {
  resolve(result: IteratorResult<T, undefined>): void;
  reject(error: unknown): void;
}

/** Keeps what has come until a loop takes it; loops share it, and each message goes to one of them. */
export class Inbox<T> {
  #items: T[] = [];
  #waiting: Waiting<T>[] = [];
  #isOver = false;
  #error: unknown;

  constructor(private readonly limit: number) {}

  /** @returns Whether there was room for it. */
  put(item: T): boolean {
    const waiting = this.#waiting.shift();
    if (waiting) waiting.resolve({ value: item, done: false });
    else if (!this.#error && this.#items.push(item) > this.limit) {
      this.clear();
      this.#error = new TooSlow(this.limit);
    }
    return !this.#error;
  }

  /** What has come can still be taken. @param error What loops end with, where they do not end normally. */
  end(error?: unknown): void {
    this.#isOver = true;
    this.#error ??= error;
    for (const waiting of this.#waiting.splice(0))
      if (error) waiting.reject(error);
      else waiting.resolve({ value: undefined, done: true });
  }

  /** What has come is of no use any more. */
  clear(): void {
    this.#items = [];
  }

  next(): Promise<IteratorResult<T, undefined>> {
    return new Promise((resolve, reject) => {
      if (this.#items.length > 0) resolve({ value: this.#items.shift() as T, done: false });
      else if (this.#error) {
        reject(this.#error);
        // The next loop starts anew; a connection that has ended stays so.
        if (!this.#isOver) this.#error = undefined;
      } else if (this.#isOver) resolve({ value: undefined, done: true });
      else this.#waiting.push({ resolve, reject });
    });
  }
}
