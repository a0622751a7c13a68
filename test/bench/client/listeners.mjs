import { setTimeout as sleep } from 'node:timers/promises';

/** In milliseconds. */
const POLL = 5;
const QUIET = 50;
const DEADLINE = 60_000;

/** Connections that say nothing: what they are told is counted. */
export class Listeners {
  replies = 0;

  start() {
    // They are told without asking.
  }

  stop() {
    // Nothing is under way.
  }

  onReplies(_index, count) {
    this.replies += count;
  }

  /** Until they have been told so much altogether: no more, and no less. @returns When. */
  async told(count) {
    const deadline = performance.now() + DEADLINE;
    while (this.replies < count && performance.now() < deadline) await sleep(POLL);
    const at = performance.now();
    await sleep(QUIET);
    if (this.replies !== count) throw new Error(`told ${this.replies} instead of ${count}`);
    return at;
  }
}
