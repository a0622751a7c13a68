import { AsyncLocalStorage } from 'node:async_hooks';
import { Observable } from 'rxjs';
import type { CallPeer, Invocation } from './invocation.js';

/**
 * Knows which call it is whose stream is running, so that `connection.close()` inside of it lets it finish. Before
 * version 24 of Node, following a call slows every promise of the process. So it follows streams alone, since values
 * are sent in any case, and only where the application has been given the connection.
 */
export class CallTracker {
  private readonly storage = new AsyncLocalStorage<Invocation>();

  /** The call of this connection that runs here, if its stream does. */
  currentOf(connection: CallPeer): Invocation | undefined {
    const invocation = this.storage.getStore();
    return invocation?.connection === connection ? invocation : undefined;
  }

  /** Runs what opens the stream of a call, and all that follows from it. */
  readonly run = <T>(invocation: Invocation, open: () => T): T =>
    invocation.connection.isLent ? this.storage.run(invocation, open) : open();

  /**
   * A stream that runs as part of the call that returned it, no matter who subscribes. Interceptors may ask for the
   * connection when it already runs.
   */
  follow(stream: Observable<unknown>, invocation: Invocation): Observable<unknown> {
    return new Observable((subscriber) =>
      this.storage.run(invocation, () => stream.subscribe(subscriber)),
    );
  }

  /** Until another stream runs, promises of the process cost what they did before. */
  close(): void {
    this.storage.disable();
  }
}
