/** Keeps a window of messages in flight on each connection. */
export class ClosedLoop {
  replies = 0;
  inFlight = 0;
  #stopped = false;
  #connections;
  #batches;
  #refillAt;
  #owed;

  /** @param frame The message, encoded. */
  constructor(connections, frame, window) {
    this.#connections = connections;
    // Half a window at a time: many frames a write, so that the client stays cheaper than any server.
    this.#refillAt = Math.ceil(window / 2);
    this.#batches = Array.from({ length: window + 1 }, (_, count) => repeat(frame, count));
    this.#owed = new Uint32Array(connections.length);
  }

  start() {
    const window = this.#batches.length - 1;
    this.inFlight = window * this.#connections.length;
    for (const connection of this.#connections) connection.write(this.#batches[window]);
  }

  onReplies(index, count) {
    this.replies += count;
    this.inFlight -= count;
    if (this.#stopped) return;
    const owed = (this.#owed[index] += count);
    if (owed < this.#refillAt) return;
    this.#owed[index] = 0;
    this.inFlight += owed;
    this.#connections[index].write(this.#batches[owed]);
  }

  stop() {
    this.#stopped = true;
  }
}

const repeat = (frame, count) => Buffer.concat(Array(count).fill(frame));
