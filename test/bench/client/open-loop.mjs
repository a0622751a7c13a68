import { RoundTrips } from './round-trips.mjs';

/** Messages in flight on one connection. A server that needs more has lost; with more it would not even answer the bench. */
export const CAPACITY = 256;

/** Sends at a fixed rate, whatever the server does, and times each round trip from when it was due. */
export class OpenLoop {
  replies = 0;
  #connections;
  #frames;
  #interval;
  #sleeps;
  #due = 0;
  #turn = 0;
  #sentAt;
  #heads;
  #tails;
  #trips = new RoundTrips();
  #stopped = false;

  /**
   * @param frames Sent in this order, over and over.
   * @param rate Messages per second over all connections.
   * @param sleeps Leaves the core to others between messages, and times each from when it was sent: a timer of its own
   *   may be late.
   */
  constructor(connections, frames, { rate, sleeps = false }) {
    this.#connections = connections;
    this.#frames = frames;
    this.#interval = 1000 / rate;
    this.#sleeps = sleeps;
    this.#sentAt = connections.map(() => new Float64Array(CAPACITY));
    this.#heads = new Uint32Array(connections.length);
    this.#tails = new Uint32Array(connections.length);
  }

  start() {
    this.#due = performance.now();
    this.#loop();
  }

  /** Polls instead of waiting for a timer: timers have steps of a millisecond, round trips are shorter. */
  #loop() {
    if (this.#stopped) return;
    const now = performance.now();
    for (; this.#due <= now; this.#due += this.#interval) this.#send();
    if (this.#sleeps) setTimeout(() => this.#loop(), 1);
    else setImmediate(() => this.#loop());
  }

  #send() {
    const index = this.#turn;
    this.#turn = (index + 1) % this.#connections.length;
    if (this.#heads[index] - this.#tails[index] >= CAPACITY) return;
    const sent = this.#heads[index]++;
    this.#sentAt[index][sent % CAPACITY] = this.#sleeps ? performance.now() : this.#due;
    this.#connections[index].write(this.#frames[sent % this.#frames.length]);
  }

  onReplies(index, count) {
    // Of one that only floods.
    if (index >= this.#connections.length) return;
    const now = performance.now();
    this.replies += count;
    for (let left = count; left > 0; left -= 1) {
      const sentAt = this.#sentAt[index][this.#tails[index]++ % CAPACITY];
      this.#trips.add(now - sentAt);
    }
  }

  reset() {
    this.#trips.reset();
  }

  quantiles(...wanted) {
    return this.#trips.quantiles(...wanted);
  }

  stop() {
    this.#stopped = true;
  }
}
