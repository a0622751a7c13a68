import { AsyncLocalStorage } from 'node:async_hooks';
import { Observable } from 'rxjs';
import type { CallPeer, Invocation } from './invocation.js';

/**
 * Knows which call's stream is running, so that a `connection.close()` inside it lets it finish. Before Node 24,
 * following a call slows down every promise of the process. So only streams are followed, because values are sent in
 * any case, and only if the application has been given the connection.
 */
export class CallTracker {
  private readonly storage = new AsyncLocalStorage<Invocation>();

  /** The call of this connection that is running here, if its stream is. */
  currentOf(connection: CallPeer): Invocation | undefined {
    const invocation = this.storage.getStore();
    return invocation?.connection === connection ? invocation : undefined;
  }

  /** Runs the code that opens the stream of a call, and everything that follows from it. */
  readonly run = <T>(invocation: Invocation, open: () => T): T =>
    invocation.connection.isLent ? this.storage.run(invocation, open) : open();

  /**
   * A stream that runs as part of the call that returned it, no matter who subscribes. Interceptors may ask for the
   * connection while it is already running.
   */
  follow(stream: Observable<unknown>, invocation: Invocation): Observable<unknown> {
    return new Observable((subscriber) =>
      this.storage.run(invocation, () => stream.subscribe(subscriber)),
    );
  }

  /** Until another stream runs, promises cost the process no more than usual. */
  close(): void {
    this.storage.disable();
  }
}
