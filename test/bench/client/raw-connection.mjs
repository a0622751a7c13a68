import { createConnection } from 'node:net';
import { FrameReader } from './frame-reader.mjs';
import { requestFor, splitHandshake } from './wire.mjs';

/** Shared by all connections: its content is used up before the next read. */
const readBuffer = Buffer.alloc(64 * 1024);

/** A TCP connection that reads frame by frame while it is set up, and afterwards only counts replies. */
export class RawConnection {
  #port;
  #socket;
  #reader;

  /** @param onReplies Called with their number, once {@link startCounting} was called. */
  constructor({ port, localAddress }, onReplies) {
    this.#port = port;
    const reader = new FrameReader(onReplies);
    this.#reader = reader;
    this.#socket = createConnection({
      port,
      host: '127.0.0.1',
      localAddress,
      noDelay: true,
      onread: {
        buffer: readBuffer,
        callback: (length, buffer) => {
          reader.take(buffer, length);
          return true;
        },
      },
    });
    this.#socket.on('error', (error) => reader.fail(error));
    this.#socket.on('close', () => reader.fail(new Error('the server has closed')));
  }

  async shakeHands(path, wire) {
    this.#socket.write(requestFor(path, this.#port, wire));
    await this.#reader.split(splitHandshake);
  }

  /** @returns The text of the next data frame. */
  next() {
    return this.#reader.next();
  }

  startCounting() {
    this.#reader.startCounting();
  }

  startAnswering(onPing) {
    this.#reader.startAnswering((bytes) => this.write(bytes), onPing);
  }

  write(bytes) {
    this.#socket.write(bytes);
  }

  destroy() {
    this.#socket.resetAndDestroy();
  }
}
