import { AsyncLocalStorage } from 'node:async_hooks';
import { clearTimeout, setImmediate, setTimeout } from 'node:timers';

// Captured when this file is loaded: a test that fakes the clock must stop neither deadlines nor deliveries.
const startImmediate = setImmediate;

export const startTimer = setTimeout;
export const stopTimer = clearTimeout;

/**
 * Runs code as a server would run it for a remote client. Called directly from a test, it would inherit the test's
 * AsyncLocalStorage, and code that lost its context would pass.
 */
export const runOutside = AsyncLocalStorage.snapshot();

/** Runs in a later turn of the event loop, as the kernel would. */
export function later(deliver: () => void): void {
  startImmediate(() => runOutside(deliver));
}
