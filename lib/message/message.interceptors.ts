import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { AsyncResource } from 'node:async_hooks';
import { concatMap, EMPTY, from, isObservable, map, mergeAll, Observable, of } from 'rxjs';
import { keepBytes } from '../send/payload.js';
import { discard, pullSourceOf } from '../send/pull.source.js';
import { observePromise, observePull } from '../send/result.stream.js';
import { isThenable } from '../values/thenable.js';

/** Awaited before each item is pulled from a generator, so that a slow client slows it down. */
export type Ready = () => Promise<void> | undefined;

/** What a stream of the call needs. */
export interface StreamDependencies {
  readonly ready: Ready;
  /** Makes it run as part of its call, no matter who subscribes. @param isPulled Whether it waits for its client. */
  readonly follow: (stream: Observable<unknown>, isPulled: boolean) => Observable<unknown>;
  /** Called with work that continues after the last subscriber has left. */
  readonly track: ((work: Promise<unknown>) => void) | undefined;
  /** Whether a stream that comes now comes too late. */
  readonly isUnwanted: () => boolean;
}

/**
 * Runs the interceptors around a call, first to last, as Nest does for HTTP. The call itself starts when the last
 * interceptor subscribes to `next.handle()`, and again at each further subscription (retries).
 */
export function intercept(
  interceptors: readonly NestInterceptor[],
  context: ExecutionContext,
  call: () => unknown,
  deps: StreamDependencies,
): Observable<unknown> {
  const enter = (index: number): unknown => {
    const interceptor = interceptors[index];
    if (!interceptor) return valueOrStream(call(), deps);
    return flatten(interceptor.intercept(context, handlerAt(index + 1)));
  };
  const handlerAt = (index: number): CallHandler => ({
    // The following code must see the store that surrounds handle(), no matter when it is subscribed.
    handle: () => observe(inCurrentScope(() => enter(index))),
  });
  return observe(() => enter(0));
}

/** Works like `defer()`, but a value, the usual result, needs no Observable of its own. */
function observe(enter: () => unknown): Observable<unknown> {
  return new Observable((subscriber) => {
    const entered = enter();
    if (isObservable(entered)) entered.subscribe(subscriber);
    else {
      subscriber.next(entered);
      subscriber.complete();
    }
  });
}

function flatten(result: Observable<unknown> | Promise<Observable<unknown>>): Observable<unknown> {
  return isThenable(result) ? observePromise(result).pipe(mergeAll()) : from(result);
}

/** A value is one item; the items of a stream pass through the interceptors one by one. */
function valueOrStream(result: unknown, deps: StreamDependencies): unknown {
  if (isThenable(result)) {
    // Some thenables start their work again each time they are awaited.
    const work = deps.track ? Promise.resolve(result) : result;
    if (work instanceof Promise) deps.track?.(work);
    return observePromise(work).pipe(
      concatMap((value) => {
        const settled = valueOrStream(value, deps);
        return isObservable(settled) ? settled : of(settled);
      }),
    );
  }
  const stream = streamOf(result, deps);
  // Interceptors may take their time, while the owner of the bytes may reuse them.
  return stream ? stream.pipe(map(keepBytes)) : keepBytes(result);
}

function streamOf(result: unknown, deps: StreamDependencies): Observable<unknown> | undefined {
  if (deps.isUnwanted()) return discard(result, deps.track) ? EMPTY : undefined;
  if (isObservable(result)) return deps.follow(result, false);
  const source = pullSourceOf(result);
  return source && deps.follow(observePull(source, deps.ready, deps.track), true);
}

function inCurrentScope<T>(run: () => T): () => T {
  const scope = new AsyncResource('NestjsRevaliWsInterceptor');
  return () => scope.runInAsyncScope(run);
}
