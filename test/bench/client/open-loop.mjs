/** Round trips in microseconds; the last bucket takes what is longer. */
const BUCKETS = 5_000_000;
/** Messages in flight on one connection. A server that needs more has lost; with more it would not even answer the bench. */
const CAPACITY = 256;

/** Sends at a fixed rate, whatever the server does, and times each round trip from when it was due. */
export class OpenLoop {
  replies = 0;
  #connections;
  #frame;
  #interval;
  #due = 0;
  #turn = 0;
  #sentAt;
  #heads;
  #tails;
  #histogram = new Uint32Array(BUCKETS + 1);
  #timed = 0;
  #stopped = false;

  /** @param rate Messages per second over all connections. */
  constructor(connections, frame, rate) {
    this.#connections = connections;
    this.#frame = frame;
    this.#interval = 1000 / rate;
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
    setImmediate(() => this.#loop());
  }

  #send() {
    const index = this.#turn;
    this.#turn = (index + 1) % this.#connections.length;
    if (this.#heads[index] - this.#tails[index] >= CAPACITY) return;
    this.#sentAt[index][this.#heads[index]++ % CAPACITY] = this.#due;
    this.#connections[index].write(this.#frame);
  }

  onReplies(index, count) {
    const now = performance.now();
    this.replies += count;
    for (let left = count; left > 0; left -= 1) {
      const sentAt = this.#sentAt[index][this.#tails[index]++ % CAPACITY];
      const microseconds = Math.round((now - sentAt) * 1000);
      this.#histogram[Math.min(microseconds, BUCKETS)] += 1;
      this.#timed += 1;
    }
  }

  /** Forgets the warm-up. */
  reset() {
    this.#histogram.fill(0);
    this.#timed = 0;
  }

  quantiles(...wanted) {
    return wanted.map((quantile) => {
      let left = quantile * this.#timed;
      const bucket = this.#histogram.findIndex((count) => (left -= count) <= 0);
      return bucket === -1 ? BUCKETS : bucket;
    });
  }

  stop() {
    this.#stopped = true;
  }
}
