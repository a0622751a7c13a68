type Action = (...args: never[]) => void;
type Listener = readonly [event: string, action: Action, off: () => void];

/** Listeners by event. If one throws, the error is reported like any uncaught error, and the others still run. */
export interface Emitter {
  /** @returns A function that removes the listener. */
  readonly on: (
    event: string,
    action: Action,
    options?: { readonly signal?: AbortSignal },
  ) => () => void;
  /** @returns Whether the event has a listener. */
  readonly emit: (event: string, ...args: unknown[]) => boolean;
  /** Removes all listeners and accepts no more. */
  readonly end: () => void;
}

export function createEmitter(): Emitter {
  const listeners = new Set<Listener>();
  let isOver = false;
  return {
    on(event, action, { signal } = {}) {
      const off = (): void => {
        listeners.delete(listener);
        signal?.removeEventListener('abort', off);
      };
      const listener: Listener = [event, action, off];
      if (!isOver && !signal?.aborted) {
        listeners.add(listener);
        signal?.addEventListener('abort', off);
      }
      return off;
    },
    emit(event, ...args) {
      // Listeners added during the event do not hear it.
      const told = [...listeners].filter(([wanted]) => wanted === event);
      for (const listener of told)
        try {
          if (listeners.has(listener)) listener[1](...(args as never[]));
        } catch (error) {
          queueMicrotask(() => {
            throw error;
          });
        }
      return told.length > 0;
    },
    end() {
      isOver = true;
      for (const [, , off] of listeners) off();
    },
  };
}
