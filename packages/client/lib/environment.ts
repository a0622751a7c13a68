import { ignore } from './deferred.js';

/** What the client takes from the world around it. Tests bring their own. */
export interface Environment {
  /** Milliseconds. It goes on while the machine sleeps, which timers do not. */
  readonly now: () => number;
  /** At least 0, less than 1. */
  readonly random: () => number;
  /** Without time left, the action runs soon. @returns A function that stops it. */
  readonly after: (ms: number, action: () => void) => () => void;
}

/** Timers with more end at once: 24.8 days. */
const LONGEST = 2 ** 31 - 1;

export const world: Environment = {
  now: () => Date.now(),
  random: () => Math.random(),
  after(ms, action) {
    const timer = setTimeout(action, Math.min(ms, LONGEST));
    return () => clearTimeout(timer);
  },
};

/** One wait at a time: the next one takes the place of the last, and `alarm()` only ends it. */
export type Alarm = (ms?: number, action?: () => void) => void;

export function createAlarm({ after }: Environment): Alarm {
  let stop = ignore;
  return (ms = 0, action) => {
    stop();
    stop = action ? after(ms, action) : ignore;
  };
}
