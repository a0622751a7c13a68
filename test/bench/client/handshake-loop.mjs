import { shakeHands } from './handshake.mjs';
import { requestFor } from './wire.mjs';

/** Shakes hands over and over in a number of lanes. */
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
    const socket = shakeHands({ port: this.#port, request: this.#request }, (refusal) => {
      if (refusal === undefined) this.replies += 1;
      else this.refused ??= refusal;
    });
    socket.on('close', () => this.#shakeHands());
  }

  stop() {
    this.#stopped = true;
  }
}
