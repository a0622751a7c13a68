import type { ExecutionContext } from '@nestjs/common';
import type {
  ConnectionOutcome,
  WebSocketObserver,
  WebSocketObserverContext,
} from './web-socket.observer.js';

export type ObserverSource = WebSocketObserver | Promise<WebSocketObserver>;

/**
 * Notifies the observers of one upgrade. The observed code does not wait for them; their errors are logged and have no
 * other effect.
 */
export class ObserverNotifier {
  private sources: readonly ObserverSource[] = [];
  private context: WebSocketObserverContext | undefined;

  constructor(private readonly onError: (error: unknown) => void) {}

  open(context: WebSocketObserverContext, sources: readonly ObserverSource[]): void {
    this.context = context;
    this.sources = sources;
    for (const source of sources) void this.tell(source, (observer) => observer.onOpen?.(context));
  }

  /** Settles when all observers are done; never rejects. */
  async close(outcome: ConnectionOutcome): Promise<void> {
    const { sources, context } = this;
    this.sources = [];
    // If the garbage collector copies this object once more, then not request and response with it.
    this.context = undefined;
    if (!context) return;
    await Promise.all(
      sources.map((source) =>
        this.tell(source, (observer) => observer.onClose?.(context, outcome)),
      ),
    );
  }

  private tell(
    source: ObserverSource,
    call: (observer: WebSocketObserver) => unknown,
  ): Promise<void> {
    try {
      // An existing observer is notified at once, before anything else happens.
      const result = source instanceof Promise ? source.then(call) : call(source);
      return result instanceof Promise
        ? result.then(() => undefined, this.onError)
        : Promise.resolve();
    } catch (error) {
      this.onError(error);
      return Promise.resolve();
    }
  }
}

/** The context of the handshake, with the connection. */
export function observerContext(
  context: ExecutionContext,
  connection: WebSocketObserverContext['connection'],
): WebSocketObserverContext {
  return Object.assign(context, { connection });
}
