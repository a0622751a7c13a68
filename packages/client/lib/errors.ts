import type { Closed } from './closed.js';

/** A message that no server has got: the queue was full, it has waited for too long, or the connection has ended. */
export class NotSent extends Error {
  override readonly name = 'NotSent';

  /** @param data The message, as `send()` or `call()` was given it. */
  constructor(
    why: string,
    readonly data: unknown,
  ) {
    super(`The message was not sent: ${why}.`);
  }
}

/** The connection has ended for good, and not normally: see `closed`. */
export class ConnectionClosed extends Error {
  override readonly name = 'ConnectionClosed';

  constructor(readonly closed: Closed) {
    super(`Closed (${closed.kind}) with ${closed.code} ${closed.reason}`.trim());
  }
}

/** Messages have come faster than a loop has taken them, and `buffer` of them were waiting: they are dropped. */
export class TooSlow extends Error {
  override readonly name = 'TooSlow';

  constructor(buffer: number) {
    super(`More than ${buffer} messages were waiting for the loop: they are dropped.`);
  }
}
