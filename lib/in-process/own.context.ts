import { AsyncLocalStorage } from 'node:async_hooks';
import { clearTimeout, setImmediate, setTimeout } from 'node:timers';

// Taken when this file is loaded: a test that fakes the clock must stop neither deadlines nor deliveries.
const startImmediate = setImmediate;

export const startTimer = setTimeout;
export const stopTimer = clearTimeout;

/**
 * Runs what a server would run for a stranger. Called straight from a test, it would inherit the test's
 * AsyncLocalStorage, and code that lost its context would pass.
 */
export const runOutside = AsyncLocalStorage.snapshot();

/** In a later turn of the event loop, as the kernel would. */
export function later(deliver: () => void): void {
  startImmediate(() => runOutside(deliver));
}
