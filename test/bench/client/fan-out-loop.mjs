/**
 * Lets the server tell all connections something, over and over. Two rounds are under way: while the client reads
 * the one, the server makes the next. They never start together, or the server could join them into one write.
 */
export class FanOutLoop {
  replies = 0;
  #connections;
  #trigger;
  #nextAt = 0;
  #stopped = false;

  constructor(connections, trigger) {
    this.#connections = connections;
    this.#trigger = trigger;
  }

  start() {
    this.#nextAt = Math.ceil(this.#connections.length / 2);
    this.#connections[0].write(this.#trigger);
  }

  onReplies(_index, count) {
    this.replies += count;
    if (this.#stopped || this.replies < this.#nextAt) return;
    const readers = this.#connections.length;
    this.#nextAt = this.#nextAt < readers ? readers : this.#nextAt + readers;
    this.#connections[0].write(this.#trigger);
  }

  stop() {
    this.#stopped = true;
  }
}
