type Action = (...args: never[]) => void;
type Listener = readonly [event: string, action: Action, off: () => void];

/** Listeners by event. If one throws, the error is reported like any uncaught error, and the others still run. */
export interface Emitter {
  /** @returns What takes the listener away. */
  readonly on: (
    event: string,
    action: Action,
    options?: { readonly signal?: AbortSignal },
  ) => () => void;
  /** @returns Whether anybody listens. */
  readonly emit: (event: string, ...args: unknown[]) => boolean;
  /** Takes all listeners away; none comes any more. */
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
      // Those that listeners add are not told of what was before them.
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
