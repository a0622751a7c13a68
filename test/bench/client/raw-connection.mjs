import { createConnection } from 'node:net';
import { ReplyCounter, requestFor, splitFrame, splitHandshake } from './wire.mjs';

const DEADLINE = 30_000;

/** Shared by all connections: its content is used up before the next read. */
const readBuffer = Buffer.alloc(64 * 1024);

/** A TCP connection that reads frame by frame while it is set up, and afterwards only counts replies. */
export class RawConnection {
  #port;
  #socket;
  #bytes = Buffer.alloc(0);
  #wake;
  #replies = new ReplyCounter();
  #counting = false;

  /** @param onReplies Called with their number, once {@link startCounting} was called. */
  constructor({ port, localAddress }, onReplies) {
    this.#port = port;
    this.#socket = createConnection({
      port,
      host: '127.0.0.1',
      localAddress,
      noDelay: true,
      onread: {
        buffer: readBuffer,
        callback: (length, buffer) => {
          if (this.#counting) {
            const count = this.#replies.count(buffer, length);
            if (count > 0) onReplies(count);
          } else this.#keep(Buffer.from(buffer.subarray(0, length)));
          return true;
        },
      },
    });
    this.#socket.on('error', (error) => this.#wake?.reject(error));
    this.#socket.on('close', () => this.#wake?.reject(new Error('the server has closed')));
  }

  async shakeHands(path, wire) {
    this.#socket.write(requestFor(path, this.#port, wire));
    const rest = await this.#until(() => splitHandshake(this.#bytes));
    this.#bytes = rest;
  }

  /** @returns The text of the next data frame. */
  async next() {
    for (;;) {
      const frame = await this.#until(() => splitFrame(this.#bytes));
      this.#bytes = frame.rest;
      if (frame.isData) return frame.text;
    }
  }

  startCounting() {
    // A ping may have come already, or a part of one.
    if (this.#replies.count(this.#bytes, this.#bytes.length) > 0)
      throw new Error('a message that nobody asked for');
    this.#counting = true;
  }

  write(bytes) {
    this.#socket.write(bytes);
  }

  destroy() {
    this.#socket.resetAndDestroy();
  }

  #keep(bytes) {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    this.#wake?.resolve();
  }

  async #until(take) {
    const timer = setTimeout(() => this.#wake?.reject(new Error('no answer in time')), DEADLINE);
    try {
      for (;;) {
        const taken = take();
        if (taken !== undefined) return taken;
        await new Promise((resolve, reject) => (this.#wake = { resolve, reject }));
      }
    } finally {
      clearTimeout(timer);
      this.#wake = undefined;
    }
  }
}
