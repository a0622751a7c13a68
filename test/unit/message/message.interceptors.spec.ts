import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { AsyncLocalStorage } from 'node:async_hooks';
import {
  EMPTY,
  finalize,
  firstValueFrom,
  lastValueFrom,
  map,
  Observable,
  of,
  retry,
  take,
  throwError,
  toArray,
} from 'rxjs';
import {
  intercept,
  type Ready,
  type StreamDependencies,
} from '../../../lib/message/message.interceptors.js';
import { unhandled } from '../../support/faults/leaks.js';

const context: ExecutionContext = new ExecutionContextHost([]);
const atOnce: Ready = () => undefined;
const usesOf = (ready: Ready): StreamDependencies => ({
  ready,
  follow: (stream) => stream,
  track: undefined,
  isUnwanted: () => false,
});

const interceptor = (run: (next: CallHandler) => unknown): NestInterceptor => ({
  intercept: (_context, next) => Reflect.apply(run, undefined, [next]) as Observable<unknown>,
});

const passing = interceptor((next) => next.handle());

function itemsOf(
  interceptors: readonly NestInterceptor[],
  call: () => unknown,
  ready: Ready = atOnce,
): Promise<unknown[]> {
  return lastValueFrom(intercept(interceptors, context, call, usesOf(ready)).pipe(toArray()));
}

describe('interceptors around a call', () => {
  it('run first to last before it, and last to first after it', async () => {
    const steps: string[] = [];
    const named = (name: string) =>
      interceptor((next) => {
        steps.push(`${name} before`);
        return next.handle().pipe(
          map((value: unknown) => {
            steps.push(`${name} after`);
            return value;
          }),
        );
      });
    await itemsOf([named('a'), named('b')], () => {
      steps.push('call');
      return 1;
    });
    expect(steps).toEqual(['a before', 'b before', 'call', 'b after', 'a after']);
  });

  it('get the context', async () => {
    let seen: ExecutionContext | undefined;
    const looking: NestInterceptor = {
      intercept: (given, next) => {
        seen = given;
        return next.handle();
      },
    };
    await itemsOf([looking], () => 1);
    expect(seen).toBe(context);
  });

  it('call nothing before somebody subscribes', () => {
    let calls = 0;
    intercept([passing], context, () => (calls += 1), usesOf(atOnce));
    expect(calls).toBe(0);
  });

  it.each<[string, () => unknown, unknown[]]>([
    ['a value', () => 'a', ['a']],
    ['an array', () => ['a', 'b'], [['a', 'b']]],
    ['undefined', () => undefined, [undefined]],
    ['a promise', async () => 'a', ['a']],
    ['an Observable', () => of('a', 'b'), ['a', 'b']],
    ['a promised Observable', async () => of('a', 'b'), ['a', 'b']],
    [
      'a generator',
      function* () {
        yield 'a';
        yield 'b';
      },
      ['a', 'b'],
    ],
    [
      'an async generator',
      async function* () {
        yield 'a';
        yield 'b';
      },
      ['a', 'b'],
    ],
  ])('see the items of %s one by one', async (_what, call, items) => {
    const wrap = interceptor((next) => next.handle().pipe(map((item: unknown) => ({ item }))));
    expect(await itemsOf([wrap], call)).toEqual(items.map((item) => ({ item })));
  });

  it('may be asynchronous, answer by themselves, or stay silent', async () => {
    const late = interceptor(async (next) => next.handle());
    expect(await itemsOf([late], () => 'a')).toEqual(['a']);
    let calls = 0;
    expect(await itemsOf([interceptor(() => of('early'))], () => (calls += 1))).toEqual(['early']);
    expect(await itemsOf([interceptor(() => EMPTY)], () => (calls += 1))).toEqual([]);
    expect(calls).toBe(0);
  });

  it('call again for each subscription', async () => {
    let calls = 0;
    const again = interceptor((next) => next.handle().pipe(retry(2)));
    const flaky = async (): Promise<number> => {
      calls += 1;
      if (calls < 3) throw new Error('not yet');
      return calls;
    };
    expect(await itemsOf([again, passing], flaky)).toEqual([3]);
  });

  it.each<[string, NestInterceptor[], () => unknown]>([
    ['the call throws', [passing], () => fail()],
    ['the call rejects', [passing], async () => fail()],
    ['an interceptor throws', [passing, interceptor(() => fail())], () => 1],
    ['an interceptor rejects', [interceptor(async () => fail())], () => 1],
    ['what an interceptor gives fails', [interceptor(() => throwError(() => broken))], () => 1],
    [
      'an operator throws',
      [interceptor((next) => next.handle().pipe(map(() => fail())))],
      async () => 1,
    ],
  ])('fail where %s', async (_what, interceptors, call) => {
    await expect(itemsOf(interceptors, call)).rejects.toBe(broken);
  });

  it('pull a generator no faster than its items are welcome', async () => {
    const pulled: number[] = [];
    function* numbers(): Generator<number> {
      for (let n = 1; n <= 3; n += 1) {
        pulled.push(n);
        yield n;
      }
    }
    let welcome = (): void => undefined;
    const ready: Ready = () => new Promise<void>((resolve) => (welcome = resolve));
    const all = itemsOf([passing], () => numbers(), ready);
    await new Promise((resolve) => setImmediate(resolve));
    expect(pulled).toEqual([1]);
    welcome();
    await new Promise((resolve) => setImmediate(resolve));
    expect(pulled).toEqual([1, 2]);
    welcome();
    await new Promise((resolve) => setImmediate(resolve));
    welcome();
    expect(await all).toEqual([1, 2, 3]);
  });

  it('end a generator that nobody wants any more', async () => {
    let hasEnded = false;
    async function* forever(): AsyncGenerator<number> {
      try {
        for (let n = 0; ; n += 1) yield n;
      } finally {
        hasEnded = true;
      }
    }
    const source = intercept([passing], context, () => forever(), usesOf(atOnce));
    expect(await lastValueFrom(source.pipe(take(2), toArray()))).toEqual([0, 1]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(hasEnded).toBe(true);
  });

  it('let nothing be uncaught that their finalize() throws', async () => {
    const recorder = unhandled();
    const failing = interceptor((next) => next.handle().pipe(finalize(() => fail())));
    for (const call of [async () => 1, async () => fail(), () => oneItem()]) {
      await itemsOf([failing], call).catch((error: unknown) => expect(error).toBe(broken));
    }
    expect(await recorder.release()).toEqual([]);
  });

  it('give the call the store that surrounds next.handle()', async () => {
    const storage = new AsyncLocalStorage<string>();
    const opening = interceptor((next) => storage.run('open', () => next.handle()));
    const store = intercept([opening, passing], context, () => storage.getStore(), usesOf(atOnce));
    expect(await firstValueFrom(store)).toBe('open');
  });
});

async function* oneItem(): AsyncGenerator<number> {
  yield 1;
}

const broken = new Error('broken');

function fail(): never {
  throw broken;
}
