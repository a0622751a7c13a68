import { startTimer, stopTimer } from '../in-process/own.context.js';

/** The promise's own outcome, or, after `timeout` ms, the error that `late` creates. */
export function within<T>(promise: Promise<T>, timeout: number, late: () => Error): Promise<T> {
  const bounded = new Promise<T>((resolve, reject) => {
    const timer = startTimer(() => reject(late()), timeout);
    const stop = (): void => stopTimer(timer);
    promise.then(resolve, reject);
    promise.then(stop, stop);
  });
  return handled(bounded);
}

/** A test may await a wait later, or never: its failure is not an unhandled rejection. */
export function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
