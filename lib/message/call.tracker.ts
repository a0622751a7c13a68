import { AsyncLocalStorage } from 'node:async_hooks';
import { isObservable, Observable } from 'rxjs';
import type { ReceivingConnection } from '../connection/receiving.connection.js';
import { isThenable, pullSourceOf, type PullSource } from '../send/result.stream.js';
import type { Invocation } from './invocation.js';

/**
 * Knows which call it is whose stream is running, so that `connection.close()` inside of it lets it finish. Only
 * streams are followed: values are sent in any case, and on older versions of Node following costs every promise.
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
    this.storage.run(invocation, open);

  /** Has what a handler returned run as its call, where it is a stream, whoever opens it. */
  follow(result: unknown, invocation: Invocation): unknown {
    if (isThenable(result))
      return Promise.resolve(result).then((settled) => this.follow(settled, invocation));
    if (isObservable(result)) {
      return new Observable((subscriber) =>
        this.run(invocation, () => result.subscribe(subscriber)),
      );
    }
    const source = pullSourceOf(result);
    return source ? new FollowedSource(source, (step) => this.run(invocation, step)) : result;
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
