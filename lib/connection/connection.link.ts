import { runIsolated } from '../close/clean-up.list.js';
import type { Invocation } from '../message/invocation.js';
import type { Preparer } from '../send/preparation.js';
import type { PreparedMessage } from '../send/prepared.message.js';
import { AsyncWebSocketSender, CleanUp, CloseWebSocket } from './connection.handles.js';

/** What handles may ask of their connection. */
export interface LinkedConnection {
  send(data: unknown): Promise<void>;
  closeFor(invocation: Invocation | undefined, code?: number, reason?: string): void;
  addCleanUp(callback: () => unknown): void;
}

/**
 * The one reference that handles hold. The connection cuts it when it ends, so that a handle kept by the
 * application keeps nothing else in memory.
 */
export class ConnectionLink {
  constructor(public connection: LinkedConnection | undefined) {}
}

export class LinkedCloser extends CloseWebSocket {
  /** @param invocation The call that this closer was given to; its result is still sent. It knows its connection. */
  constructor(
    private readonly link: ConnectionLink,
    private readonly invocation: WeakRef<Invocation> | undefined,
  ) {
    super();
  }

  override close(code?: number, reason?: string): void {
    this.link.connection?.closeFor(this.invocation?.deref(), code, reason);
  }
}

export class LinkedSender extends AsyncWebSocketSender {
  /** @param preparer Of the route, since it is of use after the end as well. */
  constructor(
    private readonly link: ConnectionLink,
    private readonly preparer: Preparer,
  ) {
    super();
  }

  override send(data: unknown): Promise<void> {
    return this.link.connection?.send(data) ?? Promise.resolve();
  }

  override prepare<T>(value: T): PreparedMessage<T> {
    return this.preparer(value);
  }
}

export class LinkedCleanUp extends CleanUp {
  constructor(
    private readonly link: ConnectionLink,
    private readonly onError: (error: unknown) => void,
  ) {
    super();
  }

  override add(callback: () => unknown): void {
    const { connection } = this.link;
    if (connection) connection.addCleanUp(callback);
    else void runIsolated(callback, this.onError);
  }
}
