/** Keeps a window of messages in flight on each connection. */
export class ClosedLoop {
  replies = 0;
  inFlight = 0;
  #stopped = false;
  #connections;
  #batches;
  #refillAt;
  #owed;

  /** @param frames The messages, encoded, all of one length: sent in this order, over and over. */
  constructor(connections, frames, window) {
    this.#connections = connections;
    // Half a window at a time: many frames a write, so that the client stays cheaper than any server.
    this.#refillAt = Math.ceil(window / 2);
    this.#batches = new Batches(frames, window, connections.length);
    this.#owed = new Uint32Array(connections.length);
  }

  start() {
    const { window } = this.#batches;
    this.inFlight = window * this.#connections.length;
    this.#connections.forEach((connection, index) =>
      connection.write(this.#batches.next(index, window)),
    );
  }

  onReplies(index, count) {
    this.replies += count;
    this.inFlight -= count;
    if (this.#stopped) return;
    const owed = (this.#owed[index] += count);
    if (owed < this.#refillAt) return;
    this.#owed[index] = 0;
    this.inFlight += owed;
    this.#connections[index].write(this.#batches.next(index, owed));
  }

  stop() {
    this.#stopped = true;
  }
}

/** Several messages in one piece, from a ring that is long enough for any window. */
class Batches {
  #frames;
  #ring;
  #length;
  #next;

  constructor(frames, window, connections) {
    this.window = window;
    this.#frames = frames.length;
    this.#length = frames[0].length;
    const copies = 1 + Math.ceil(window / frames.length);
    this.#ring = Buffer.concat(Array(copies).fill(frames).flat());
    this.#next = new Uint32Array(connections);
  }

  next(connection, count) {
    const start = this.#next[connection] * this.#length;
    this.#next[connection] = (this.#next[connection] + count) % this.#frames;
    return this.#ring.subarray(start, start + count * this.#length);
  }
}
