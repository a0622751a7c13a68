import { shakeHands } from './handshake.mjs';
import { requestFor } from './wire.mjs';

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
    this.#made += 1;
    shakeHands({ port: this.#target.port, request: this.#request }, (refusal) => {
      if (refusal === undefined) this.replies += 1;
      else this.refused ??= refusal;
    });
  }

  stop() {
    this.#stopped = true;
  }
}
