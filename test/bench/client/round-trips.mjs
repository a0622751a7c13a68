/** Round trips in microseconds; the last bucket takes what is longer. */
const BUCKETS = 5_000_000;

/** How long round trips take. */
export class RoundTrips {
  #histogram = new Uint32Array(BUCKETS + 1);
  #timed = 0;

  /** @param milliseconds With fractions. */
  add(milliseconds) {
    const microseconds = Math.round(milliseconds * 1000);
    this.#histogram[Math.min(microseconds, BUCKETS)] += 1;
    this.#timed += 1;
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
}
