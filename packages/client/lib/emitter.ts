import { ignore } from './deferred.js';

type Listener = (...args: never[]) => void;

/** Listeners by event. What one of them throws is reported as any error of a listener is, and disturbs nobody. */
export class Emitter {
  readonly #listeners = new Map<string, Map<Listener, () => void>>();
  #isOver = false;

  has(event: string): boolean {
    return !!this.#listeners.get(event)?.size;
  }

  on(event: string, listener: Listener, signal?: AbortSignal): () => void {
    if (signal?.aborted || this.#isOver) return ignore;
    // A listener may be there twice.
    const own: Listener = (...args) => listener(...args);
    const listeners = this.#listeners.get(event) ?? new Map<Listener, () => void>();
    const off = (): void => {
      listeners.delete(own);
      signal?.removeEventListener('abort', off);
    };
    this.#listeners.set(event, listeners.set(own, off));
    signal?.addEventListener('abort', off);
    return off;
  }

  emit(event: string, ...args: unknown[]): void {
    for (const listener of this.#listeners.get(event)?.keys() ?? [])
      try {
        listener(...(args as never[]));
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
  }

  end(): void {
    this.#isOver = true;
    for (const listeners of this.#listeners.values()) for (const off of listeners.values()) off();
  }
}
