import { sleep } from '../deadline.js';
import { activeTimers } from './leaks.js';

/** Longer than the timers that Jest itself starts with each file. */
const CALM_MS = 600;

/** The number of active timers, once it is only the application's that come and go. */
export async function settledTimers(): Promise<number> {
  for (;;) {
    const before = activeTimers();
    await sleep(CALM_MS);
    if (activeTimers() === before) return before;
  }
}
