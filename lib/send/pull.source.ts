import { isObservable } from 'rxjs';
import { nothing } from '../values/nothing.js';
import { isThenable } from '../values/thenable.js';

/** An iterator of either kind. */
export interface PullSource {
  next(): IteratorResult<unknown, unknown> | PromiseLike<IteratorResult<unknown, unknown>>;
  return?(): unknown;
}

/** The result of an iterator that is done. */
export const END: IteratorReturnResult<undefined> = { done: true, value: undefined };

/**
 * An async iterable (async generators, Node's Readables) or a running generator. Arrays, maps, and strings count as
 * values.
 */
export function pullSourceOf(value: unknown): PullSource | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (value instanceof ReadableStream) return webSourceOf(value);
  if (isAsyncIterable(value)) {
    const source = value[Symbol.asyncIterator]();
    return isNodeStream(value) ? destroyingSource(source, value) : source;
  }
  return isGenerator(value) ? value : undefined;
}

/**
 * Releases a stream that nobody reads.
 *
 * @param track Called with the work that it still does.
 * @returns Whether the value was a stream.
 */
export function discard(value: unknown, track?: (work: Promise<unknown>) => void): boolean {
  if (isObservable(value)) return true;
  if (isNodeStream(value)) {
    destroy(value);
    return true;
  }
  const source = pullSourceOf(value);
  const work = source && release(source);
  if (work) track?.(work);
  return source !== undefined;
}

/** A stream of Node, or one modeled on it. */
interface NodeStream {
  on(event: 'error', listener: () => void): unknown;
  destroy(): unknown;
}

const NODE_STREAM = ['pipe', 'on', 'destroy'] as const;

function isNodeStream(value: unknown): value is NodeStream {
  return (
    typeof value === 'object' &&
    value !== null &&
    NODE_STREAM.every((name) => typeof Reflect.get(value, name) === 'function')
  );
}

/** Destroys it; errors at its end no longer matter. */
function destroy(stream: NodeStream): void {
  // Without a listener, an error would end the process.
  stream.on('error', nothing);
  try {
    stream.destroy();
  } catch {
    // Errors at its end no longer matter.
  }
}

/** Node's iterators end a stream only after the item that is awaited, and some items never come. */
function destroyingSource(source: PullSource, stream: NodeStream): PullSource {
  let giveUp = nothing;
  return {
    next: () =>
      new Promise((resolve, reject) => {
        giveUp = () => resolve(END);
        Promise.resolve(source.next()).then(resolve, reject);
      }),
    return: () => {
      destroy(stream);
      giveUp();
    },
  };
}

/** The same for web streams, whose iterator cannot do it otherwise. */
function webSourceOf(stream: ReadableStream<unknown>): PullSource {
  const reader = stream.getReader();
  return {
    next: async () => {
      const { done, value } = await reader.read();
      if (!done) return { done, value };
      // As a loop over it does, so that it can be read again.
      reader.releaseLock();
      return END;
    },
    return: async () => {
      await reader.cancel();
      return END;
    },
  };
}

function isAsyncIterable(value: object): value is AsyncIterable<unknown> {
  return Symbol.asyncIterator in value && typeof value[Symbol.asyncIterator] === 'function';
}

function isGenerator(value: object): value is Iterator<unknown> {
  return (
    Symbol.iterator in value &&
    'next' in value &&
    typeof value.next === 'function' &&
    !Array.isArray(value)
  );
}

/**
 * Ends a source that nobody reads any more.
 *
 * @returns When it has cleaned up; it never rejects.
 */
export function release(source: PullSource): Promise<void> | undefined {
  try {
    const returned: unknown = source.return?.();
    // An exception in a finally block no longer matters: the stream was given up.
    return isThenable(returned) ? Promise.resolve(returned).then(nothing, nothing) : undefined;
  } catch {
    // The same for a synchronous generator; "already running" means that it ends on its own.
    return undefined;
  }
}
