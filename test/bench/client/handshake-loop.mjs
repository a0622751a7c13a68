import { createConnection } from 'node:net';
import { requestFor } from './wire.mjs';

const readBuffer = Buffer.alloc(64 * 1024);
const ACCEPTED = 'HTTP/1.1 101 ';

/** Shakes hands over and over in a number of lanes. A reset after each leaves no port waiting. */
export class HandshakeLoop {
  replies = 0;
  /** The first answer that was none of those hoped for. */
  refused;
  #stopped = false;
  #port;
  #lanes;
  #request;

  constructor({ port, path, lanes }) {
    this.#port = port;
    this.#lanes = lanes;
    this.#request = requestFor(path, port);
  }

  start() {
    for (let lane = 0; lane < this.#lanes; lane += 1) this.#shakeHands();
    this.#stayAwake();
  }

  /**
   * A client that sleeps has to be woken, and its server pays for that: the write of a 101 took 8 µs where the client
   * was busy and 17 where it had gone to sleep, with `ws` alone. A slower server would pay twice.
   */
  #stayAwake() {
    if (!this.#stopped) setImmediate(() => this.#stayAwake());
  }

  #shakeHands() {
    if (this.#stopped) return;
    const socket = createConnection({
      port: this.#port,
      host: '127.0.0.1',
      noDelay: true,
      onread: {
        buffer: readBuffer,
        callback: (length, buffer) => {
          this.#take(buffer.latin1Slice(0, Math.min(length, ACCEPTED.length)));
          socket.resetAndDestroy();
          return false;
        },
      },
    });
    socket.on('error', (error) => (this.refused ??= error.message));
    socket.on('close', () => this.#shakeHands());
    socket.write(this.#request);
  }

  #take(start) {
    if (start === ACCEPTED) this.replies += 1;
    else this.refused ??= start;
  }

  stop() {
    this.#stopped = true;
  }
}
