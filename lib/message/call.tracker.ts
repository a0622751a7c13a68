import { AsyncLocalStorage } from 'node:async_hooks';
import { isObservable, Observable } from 'rxjs';
import type { ReceivingConnection } from '../connection/receiving.connection.js';
import { isThenable, pullSourceOf, type PullSource } from '../send/result.stream.js';
import type { Invocation } from './invocation.js';

/**
 * Knows which call it is whose stream is running, so that `connection.close()` inside of it lets it finish. Before
 * version 24 of Node, to follow costs every promise of the process. So only streams are followed, since values are
 * sent in any case, and only where the application has been given the connection.
 */
export class CallTracker {
  private readonly storage = new AsyncLocalStorage<Invocation>();

  /** The call of this connection that runs here, if its stream does. */
  currentOf(connection: ReceivingConnection): Invocation | undefined {
    const invocation = this.storage.getStore();
    return invocation?.connection === connection ? invocation : undefined;
  }

  /** Runs what opens the stream of a call, and all that follows from it. */
  readonly run = <T>(invocation: Invocation, open: () => T): T =>
    invocation.connection.isLent ? this.storage.run(invocation, open) : open();

  /**
   * Has what a handler returned run as its call, where it is a stream, whoever opens it: interceptors may ask for the
   * connection when it already runs.
   */
  follow(result: unknown, invocation: Invocation): unknown {
    if (isThenable(result))
      return Promise.resolve(result).then((settled) => this.follow(settled, invocation));
    if (isObservable(result)) {
      return new Observable((subscriber) =>
        this.storage.run(invocation, () => result.subscribe(subscriber)),
      );
    }
    const source = pullSourceOf(result);
    return source
      ? new FollowedSource(source, (step) => this.storage.run(invocation, step))
      : result;
  }
}

class FollowedSource implements AsyncIterator<unknown> {
  constructor(
    private readonly source: PullSource,
    private readonly run: <T>(step: () => T) => T,
  ) {}

  async next(): Promise<IteratorResult<unknown>> {
    return this.run(() => this.source.next());
  }

  async return(): Promise<IteratorResult<unknown>> {
    const ended = await this.run(() => this.source.return?.());
    return ended ?? { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
