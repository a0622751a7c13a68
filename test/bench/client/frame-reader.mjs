import { encodePong, ReplyCounter, splitFrame } from './wire.mjs';

/** In a storm, the kernel drops some connections, and tries again after 1, 3, 7, 15 and 31 seconds. */
const DEADLINE = 90_000;

/** Reads frame by frame while a connection is set up, and afterwards only counts replies. */
export class FrameReader {
  #onReplies;
  #bytes = Buffer.alloc(0);
  #wake;
  #replies = new ReplyCounter();
  #counting = false;
  #peer;

  /** @param onReplies Called with their number, once {@link startCounting} was called. */
  constructor(onReplies) {
    this.#onReplies = onReplies;
  }

  /** @param buffer Its content may be replaced afterwards. */
  take(buffer, length) {
    if (this.#counting) {
      const count = this.#replies.count(buffer, length);
      if (count > 0) this.#onReplies(count);
      return;
    }
    this.#bytes = Buffer.concat([this.#bytes, buffer.subarray(0, length)]);
    if (this.#peer) this.#answer(this.#peer);
    else this.#wake?.resolve();
  }

  fail(error) {
    this.#wake?.reject(error);
  }

  /** @returns The text of the next data frame. */
  async next() {
    for (;;) {
      const frame = await this.#until(splitFrame);
      this.#bytes = frame.rest;
      if (frame.isData) return frame.content.toString();
    }
  }

  /** @param split Splits its part from the rest, if it is whole. */
  async split(split) {
    this.#bytes = await this.#until(split);
  }

  startCounting() {
    // A ping may have come already, or a part of one.
    if (this.#replies.count(this.#bytes, this.#bytes.length) > 0)
      throw new Error('a message that nobody asked for');
    this.#counting = true;
  }

  /** Counts replies, and answers pings. @param write Takes bytes. @param onPing Called for each. */
  startAnswering(write, onPing) {
    this.#peer = { write, onPing };
    this.#answer(this.#peer);
  }

  #answer({ write, onPing }) {
    for (let frame; (frame = splitFrame(this.#bytes));) {
      // Not a view: the whole read would live as long.
      this.#bytes = Buffer.from(frame.rest);
      if (frame.isData) this.#onReplies(1);
      if (!frame.isPing) continue;
      write(encodePong(frame.content));
      onPing();
    }
  }

  async #until(take) {
    const timer = setTimeout(() => this.fail(new Error('no answer in time')), DEADLINE);
    try {
      for (;;) {
        const taken = take(this.#bytes);
        if (taken !== undefined) return taken;
        await new Promise((resolve, reject) => (this.#wake = { resolve, reject }));
      }
    } finally {
      clearTimeout(timer);
      this.#wake = undefined;
    }
  }
}
