import { ignore } from './deferred.js';

/** The clock, timers and random numbers that the client uses. Tests bring their own. */
export interface Environment {
  /** Milliseconds. Unlike timers, the clock goes on while the machine sleeps. */
  readonly now: () => number;
  /** At least 0, less than 1. */
  readonly random: () => number;
  /** If no time is left, the action runs soon. @returns A function that stops it. */
  readonly after: (ms: number, action: () => void) => () => void;
}

/** Timers that are longer end at once: 24.8 days, in milliseconds. */
const LONGEST = 2 ** 31 - 1;

export const world: Environment = {
  now: () => Date.now(),
  random: () => Math.random(),
  after(ms, action) {
    const timer = setTimeout(action, Math.min(ms, LONGEST));
    return () => clearTimeout(timer);
  },
};

/** Runs one wait at a time: a new wait replaces the current one, and `alarm()` only ends it. */
export type Alarm = (ms?: number, action?: () => void) => void;

export function createAlarm({ after }: Environment): Alarm {
  let stop = ignore;
  return (ms = 0, action) => {
    stop();
    stop = action ? after(ms, action) : ignore;
  };
}
