import type { CloseFrame } from '../close/close.frame.js';
import type { ConnectionInitiator, ConnectionOutcome } from '../observers/web-socket.observer.js';

/**
 * The share of `closeTimeout` for which a stream may continue after the client's close frame: finite answers can
 * finish, and endless streams do not keep the client waiting.
 */
export const STREAM_SHARE = 1 / 10;

/** The facts about the end that only the connection itself knows. */
export type LifeOfConnection = Pick<
  ConnectionOutcome,
  'code' | 'reason' | 'durationMs' | 'received' | 'sent'
>;

/** The state of a connection's end. Created at the first sign of it, so that open connections do not pay for it. */
export class ConnectionEnd {
  /** The close that was requested first. */
  requested: CloseFrame | undefined;
  initiator: ConnectionInitiator = 'network';
  /** The error that ends the connection, if any. */
  error: unknown;
  /** Settles when the clean-ups are done; `undefined` if there are none. */
  cleanedUp: Promise<void> | undefined;
  /** Whether the outcome has been reported. */
  hasOutcome = false;
  private timer: NodeJS.Timeout | undefined;
  private streamTimer: NodeJS.Timeout | undefined;

  /** Whether the timeout for running work has started. */
  get hasBegun(): boolean {
    return this.timer !== undefined;
  }

  /** Call {@link release} afterwards. @param timeout Milliseconds that running work may take. */
  begin(timeout: number, onTimeout: () => void): void {
    this.timer = setTimeout(onTimeout, timeout);
  }

  /** Call {@link release} afterwards. @param interval Milliseconds that each stream may take. */
  limitStreams(interval: number, stopStreams: () => void): void {
    this.streamTimer = setInterval(stopStreams, interval);
  }

  release(): void {
    clearTimeout(this.timer);
    clearInterval(this.streamTimer);
  }

  /** @returns The outcome on the first call; `undefined` after that. */
  outcomeOf(life: LifeOfConnection): ConnectionOutcome | undefined {
    if (this.hasOutcome) return undefined;
    this.hasOutcome = true;
    const { initiator, error } = this;
    return { kind: 'closed', ...life, initiator, ...(error === undefined ? {} : { error }) };
  }
}
