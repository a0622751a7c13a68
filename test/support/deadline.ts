// Imported, not the globals: a test that fakes the globals' clock must not stop its own deadlines.
import { clearTimeout, setImmediate, setTimeout } from 'node:timers';

export const DEADLINE_MS = 10_000;

export class DeadlineError extends Error {
  override readonly name = 'DeadlineError';
}

/**
 * The promise's own outcome, or a `DeadlineError` that says what was awaited
 * and, through `seen`, what was there instead.
 */
export function within<T>(
  promise: PromiseLike<T>,
  what: string,
  ms = DEADLINE_MS,
  seen?: () => string,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => {
      const instead = seen ? `; instead: ${seen()}` : '';
      reject(new DeadlineError(`waited ${ms} ms for ${what}${instead}`));
    }, ms);
    // Jest holds the process open for as long as a test runs; a wait that nobody
    // looks at any more must not.
    timer.unref();
    const stop = () => clearTimeout(timer);
    promise.then(resolve, reject);
    promise.then(stop, stop);
  });
}

/** For a promise that a test may keep and look at later, or never: its failure is not "unhandled". */
export function keepable<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

/** Runs `check` again and again until it stops throwing; its value. */
export async function eventually<T>(
  check: () => T | PromiseLike<T>,
  what: string,
  ms = DEADLINE_MS,
): Promise<T> {
  const end = performance.now() + ms;
  for (let tries = 1; ; tries += 1) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() >= end) {
        const last = error instanceof Error ? error.message : String(error);
        throw new DeadlineError(`waited ${ms} ms for ${what}; at last: ${last}`, { cause: error });
      }
    }
    await turn(tries);
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Most checks hold after a turn or two of the event loop; the others shall not burn the CPU. */
function turn(tries: number): Promise<void> {
  return tries > 20 ? sleep(5) : new Promise((resolve) => setImmediate(resolve));
}
