import type { CloseFrame } from '../close/close.frame.js';
import type { ConnectionInitiator, ConnectionOutcome } from '../observers/web-socket.observer.js';

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
  private timer: NodeJS.Timeout | undefined;
  private hasOutcome = false;

  /** Whether the time for what still runs is being counted. */
  get hasBegun(): boolean {
    return this.timer !== undefined;
  }

  /** To be followed by {@link release}. @param timeout Milliseconds that what still runs may take. */
  begin(timeout: number, onTimeout: () => void): void {
    this.timer = setTimeout(onTimeout, timeout);
  }

  release(): void {
    clearTimeout(this.timer);
  }

  /** @returns What there is to tell; `undefined` from the second time on. */
  outcomeOf(life: LifeOfConnection): ConnectionOutcome | undefined {
    if (this.hasOutcome) return undefined;
    this.hasOutcome = true;
    const { initiator, error } = this;
    return { kind: 'closed', ...life, initiator, ...(error === undefined ? {} : { error }) };
  }
}
