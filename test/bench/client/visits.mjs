import { createConnection } from 'node:net';
import { requestFor } from './wire.mjs';

const readBuffer = Buffer.alloc(1024);
const ACCEPTED = 'HTTP/1.1 101 ';
/** Ports that one address of the client has. */
const PER_ADDRESS = 20_000;

/** Handshakes at a pace, each from a connection of its own: between them the client sleeps, as real ones do. */
export class Visits {
  replies = 0;
  refused;
  #target;
  #request;
  #rate;
  #made = 0;
  #began = 0;
  #stopped = false;

  constructor({ rate, ...target }) {
    this.#target = target;
    this.#rate = rate;
    this.#request = requestFor(target.path, target.port);
  }

  start() {
    this.#began = performance.now();
    this.#tick();
  }

  #tick() {
    if (this.#stopped) return;
    const due = ((performance.now() - this.#began) / 1000) * this.#rate;
    while (this.#made < due) this.#visit();
    setTimeout(() => this.#tick(), 1);
  }

  #visit() {
    const localAddress = `127.0.0.${2 + (Math.floor(this.#made / PER_ADDRESS) % 200)}`;
    this.#made += 1;
    const socket = createConnection({
      port: this.#target.port,
      host: '127.0.0.1',
      localAddress,
      noDelay: true,
      onread: {
        buffer: readBuffer,
        callback: (length, buffer) => {
          const start = buffer.latin1Slice(0, Math.min(length, ACCEPTED.length));
          if (start === ACCEPTED) this.replies += 1;
          else this.refused ??= start;
          socket.resetAndDestroy();
          return false;
        },
      },
    });
    socket.on('error', (error) => (this.refused ??= error.message));
    socket.write(this.#request);
  }

  stop() {
    this.#stopped = true;
  }
}
