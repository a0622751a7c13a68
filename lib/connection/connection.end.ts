import type { CloseFrame } from '../close/close.frame.js';
import type { ConnectionInitiator, ConnectionOutcome } from '../observers/web-socket.observer.js';

/**
 * Part of `closeTimeout` that a stream may go on after the client's close frame: what answers a message comes to its
 * end, what has none does not keep the client waiting.
 */
export const STREAM_SHARE = 1 / 10;

/** What only the connection itself can say of its end. */
export type LifeOfConnection = Pick<
  ConnectionOutcome,
  'code' | 'reason' | 'durationMs' | 'received' | 'sent'
>;

/** How a connection ends. Made with the first sign of it, so that those that live do without. */
export class ConnectionEnd {
  /** The close that was asked for first. */
  requested: CloseFrame | undefined;
  initiator: ConnectionInitiator = 'network';
  /** The error that ends it, if one does. */
  error: unknown;
  /** Settles when the clean-ups are done; `undefined` where there are none. */
  cleanedUp: Promise<void> | undefined;
  /** Whether the end has been told. */
  hasOutcome = false;
  private timer: NodeJS.Timeout | undefined;
  private streamTimer: NodeJS.Timeout | undefined;

  /** Whether the time for what still runs is being counted. */
  get hasBegun(): boolean {
    return this.timer !== undefined;
  }

  /** To be followed by {@link release}. @param timeout Milliseconds that what still runs may take. */
  begin(timeout: number, onTimeout: () => void): void {
    this.timer = setTimeout(onTimeout, timeout);
  }

  /** To be followed by {@link release}. @param interval Milliseconds that each stream may take. */
  limitStreams(interval: number, stopStreams: () => void): void {
    this.streamTimer = setInterval(stopStreams, interval);
  }

  release(): void {
    clearTimeout(this.timer);
    clearInterval(this.streamTimer);
  }

  /** @returns What there is to tell; `undefined` from the second time on. */
  outcomeOf(life: LifeOfConnection): ConnectionOutcome | undefined {
    if (this.hasOutcome) return undefined;
    this.hasOutcome = true;
    const { initiator, error } = this;
    return { kind: 'closed', ...life, initiator, ...(error === undefined ? {} : { error }) };
  }
}
