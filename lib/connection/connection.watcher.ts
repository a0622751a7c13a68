import type { EndingBound } from '../close/ending.bound.js';
import type { ObserverNotifier } from '../observers/observer.notifier.js';
import type { ConnectionOutcome } from '../observers/web-socket.observer.js';
import type { ConnectionRegistry, RegisteredConnection } from './connection.registry.js';

/** Learns of the end of connections. */
export interface ConnectionWatcher {
  /** Called once, before the close frame. */
  onOutcome(outcome: ConnectionOutcome): void;
  /** The TCP connection is gone and the clean-ups have run. */
  onReleased(connection: RegisteredConnection): void;
}

/** Removes ended connections from the registry and notifies the observers. Routes without observers share one. */
export class RegistryWatcher implements ConnectionWatcher {
  constructor(
    private readonly connections: ConnectionRegistry,
    private readonly observing?: {
      readonly notifier: ObserverNotifier;
      readonly bound: EndingBound;
    },
  ) {}

  onOutcome(outcome: ConnectionOutcome): void {
    if (!this.observing) return;
    const { notifier, bound } = this.observing;
    this.connections.trackEnding(bound.wait('An observer', notifier.close(outcome)));
  }

  onReleased(connection: RegisteredConnection): void {
    this.connections.remove(connection);
  }
}
