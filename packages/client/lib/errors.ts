import type { Closed } from './closed.js';

/** No server got the message: the queue was full, the message waited too long, or the connection ended. */
export class NotSent extends Error {
  override readonly name = 'NotSent';

  /** @param data The message that you passed to `send()` or `call()`. */
  constructor(
    why: string,
    readonly data: unknown,
  ) {
    super(`The message was not sent: ${why}.`);
  }
}

/** The connection ended for good, and not normally: see `closed`. */
export class ConnectionClosed extends Error {
  override readonly name = 'ConnectionClosed';

  constructor(readonly closed: Closed) {
    super(`Closed (${closed.kind}) with ${closed.code} ${closed.reason}`.trim());
  }
}

/** Messages came faster than the loop took them. More than `buffer` were waiting, and the client dropped them. */
export class TooSlow extends Error {
  override readonly name = 'TooSlow';

  constructor(buffer: number) {
    super(`More than ${buffer} messages were waiting for the loop: they are dropped.`);
  }
}
