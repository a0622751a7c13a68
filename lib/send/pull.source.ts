import { isObservable } from 'rxjs';
import { nothing } from '../values/nothing.js';
import { isThenable } from '../values/thenable.js';

/** An iterator of either kind. */
export interface PullSource {
  next(): IteratorResult<unknown, unknown> | PromiseLike<IteratorResult<unknown, unknown>>;
  return?(): unknown;
}

/** What an iterator gives that has no more. */
export const END: IteratorReturnResult<undefined> = { done: true, value: undefined };

/** An async iterable (async generators, Node's Readables) or a running generator. Arrays, maps and strings are values. */
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
 * Lets go of a stream that nobody reads.
 *
 * @param track Is told of what it still does.
 * @returns Whether it was one.
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

/** A stream of Node, or one that is made after it. */
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

/** What it still has to say of its end concerns nobody any more. */
function destroy(stream: NodeStream): void {
  // Without a listener an error would end the process.
  stream.on('error', nothing);
  try {
    stream.destroy();
  } catch {
    // As above.
  }
}

/** Node's iterators end a stream only after the item that is being waited for, and some never give that up. */
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

/** As above for streams of the web, whose iterator knows no other way. */
function webSourceOf(stream: ReadableStream<unknown>): PullSource {
  const reader = stream.getReader();
  return {
    next: async () => {
      const { done, value } = await reader.read();
      if (!done) return { done, value };
      // As a loop over it does: it can be looked at again.
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
    // What a finally block throws concerns nobody any more: the stream was given up.
    return isThenable(returned) ? Promise.resolve(returned).then(nothing, nothing) : undefined;
  } catch {
    // As above, for a synchronous generator; "already running" means that it ends by itself.
    return undefined;
  }
}
