import type { ObserverNotifier } from '../observers/observer.notifier.js';
import type { ConnectionOutcome } from '../observers/web-socket.observer.js';
import type { Connection, ConnectionWatcher } from './connection.js';
import type { ConnectionRegistry } from './connection.registry.js';

/** Takes connections off the registry at their end, and tells the observers. Shared where there are none. */
export class RegistryWatcher implements ConnectionWatcher {
  constructor(
    private readonly connections: ConnectionRegistry,
    private readonly notifier?: ObserverNotifier,
  ) {}

  onOutcome(_connection: Connection, outcome: ConnectionOutcome): void {
    if (this.notifier) this.connections.trackEnding(this.notifier.close(outcome));
  }

  onReleased(connection: Connection): void {
    this.connections.remove(connection);
  }
}
