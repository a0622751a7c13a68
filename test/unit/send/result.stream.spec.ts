import { Readable } from 'node:stream';

import { Observable, Subject, concat, from, of, throwError } from 'rxjs';

import { pullSourceOf, type PullSource } from '../../../lib/send/pull.source.js';
import { observePull, pull, subscribe } from '../../../lib/send/result.stream.js';

function sourceOf(value: unknown): PullSource {
  const source = pullSourceOf(value);
  if (!source) throw new Error('not a source');
  return source;
}

/** A consumer that takes the next item when the test says so. */
function slowConsumer(): {
  items: unknown[];
  consume: (item: unknown) => Promise<void>;
  next: () => Promise<void>;
} {
  const items: unknown[] = [];
  const waiting: (() => void)[] = [];
  return {
    items,
    consume: (item) => {
      items.push(item);
      return new Promise((resolve) => waiting.push(resolve));
    },
    next: async () => {
      waiting.shift()?.();
      await new Promise(setImmediate);
    },
  };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('what can be pulled', () => {
  it.each([
    ['a generator', generator(), true],
    ['an async generator', asyncGenerator(), true],
    ['a Readable', Readable.from(['a']), true],
    ['an own async iterable', { [Symbol.asyncIterator]: () => asyncGenerator() }, true],
    ['an Observable, which pushes', of(1), false],
    ['an array', [1], false],
    ['a Map', new Map(), false],
    ['a Set', new Set(), false],
    ['a Buffer', Buffer.from('a'), false],
    ['a typed array', Uint16Array.of(1), false],
    ['a string', 'abc', false],
    ['an object with next()', { next: () => 1 }, false],
    ['null', null, false],
    ['undefined', undefined, false],
  ])('%s', (_name, value, expected) => {
    expect(pullSourceOf(value) !== undefined).toBe(expected);
  });
});

describe('pulling', () => {
  it('takes the next item only when the one before was taken', async () => {
    let produced = 0;
    const { items, consume, next } = slowConsumer();
    const stream = pull(
      sourceOf(
        (function* () {
          while (produced < 3) yield (produced += 1);
        })(),
      ),
      consume,
    );
    await turn();
    expect([produced, items]).toEqual([1, [1]]);
    await next();
    expect([produced, items]).toEqual([2, [1, 2]]);
    await next();
    await next();
    await stream.done;
    expect(items).toEqual([1, 2, 3]);
  });

  it('takes the next item at once where there is nothing to wait for', async () => {
    const items: unknown[] = [];
    await pull(sourceOf(Readable.from(['a', 'b'])), (item) => void items.push(item)).done;
    expect(items).toEqual(['a', 'b']);
  });

  it('lets others have their turn between the items of a generator that never waits', async () => {
    let isOver = false;
    let turns = 0;
    const count = (): void => {
      turns += 1;
      if (!isOver) setImmediate(count);
    };
    setImmediate(count);
    await pull(
      sourceOf(
        (function* () {
          for (let item = 0; item < 1000; item += 1) yield item;
        })(),
      ),
      () => undefined,
    ).done;
    isOver = true;
    expect(turns).toBeGreaterThan(20);
  });

  it('when cancelled runs the finally block once and takes nothing more', async () => {
    let cleaned = 0;
    const { items, consume, next } = slowConsumer();
    const stream = pull(
      sourceOf(
        (async function* () {
          try {
            for (let item = 0; ; item += 1) yield item;
          } finally {
            cleaned += 1;
          }
        })(),
      ),
      consume,
    );
    await turn();
    void stream.cancel();
    void stream.cancel();
    await next();
    await stream.done;
    expect([items, cleaned]).toEqual([[0], 1]);
  });

  it('rejects with what the generator throws', async () => {
    const stream = pull(
      sourceOf(
        (function* () {
          yield 1;
          throw new Error('broken');
        })(),
      ),
      () => undefined,
    );
    await expect(stream.done).rejects.toThrow('broken');
  });

  it('rejects with what the consumer throws, and returns the generator', async () => {
    let isReturned = false;
    const stream = pull(
      sourceOf(
        (function* () {
          try {
            yield 1;
          } finally {
            isReturned = true;
          }
        })(),
      ),
      () => {
        throw new Error('no room');
      },
    );
    await expect(stream.done).rejects.toThrow('no room');
    expect(isReturned).toBe(true);
  });

  it.each([
    [
      'thrown',
      () => {
        throw new Error('late');
      },
    ],
    ['rejected', () => Promise.reject(new Error('late'))],
  ])('concerns nobody with what is %s by return()', async (_name, onReturn) => {
    const source: PullSource = {
      next: () => new Promise<IteratorResult<unknown>>(() => undefined),
      return: onReturn,
    };
    const stream = pull(source, () => undefined);
    expect(() => stream.cancel()).not.toThrow();
    await turn();
  });

  it('destroys a Readable that is cancelled', async () => {
    const readable = Readable.from(endless());
    const stream = pull(sourceOf(readable), () => undefined);
    await turn();
    void stream.cancel();
    await stream.done;
    await turn();
    expect(readable.destroyed).toBe(true);
  });
});

describe('subscribing', () => {
  it('passes the items and is done after the last was taken', async () => {
    const { items, consume, next } = slowConsumer();
    let isDone = false;
    const stream = subscribe(from([1, 2]), consume);
    void stream.done?.then(() => (isDone = true));
    await next();
    expect([items, isDone]).toEqual([[1, 2], false]);
    await next();
    expect(isDone).toBe(true);
  });

  it('needs no promise for a source that completes at once', () => {
    const items: unknown[] = [];
    const stream = subscribe(of(1), (item) => void items.push(item));
    expect([items, stream.done]).toEqual([[1], undefined]);
  });

  it('unsubscribes when cancelled, and is then done', async () => {
    const subject = new Subject<number>();
    const items: unknown[] = [];
    const stream = subscribe(subject, (item) => void items.push(item));
    subject.next(1);
    void stream.cancel();
    subject.next(2);
    await stream.done;
    expect([items, subject.observed]).toEqual([[1], false]);
  });

  it('rejects with the error of the source, after the items before it', async () => {
    const items: unknown[] = [];
    const source = concat(
      of(1),
      throwError(() => new Error('broken')),
    );
    const stream = subscribe(source, (item) => void items.push(item));
    await expect(stream.done).rejects.toThrow('broken');
    expect(items).toEqual([1]);
  });

  it.each([
    [
      'thrown',
      (): Promise<void> => {
        throw new Error('no room');
      },
    ],
    ['rejected', (): Promise<void> => Promise.reject(new Error('no room'))],
  ])('unsubscribes when an item is refused (%s)', async (_name, refuse) => {
    const subject = new Subject<number>();
    const stream = subscribe(subject, refuse);
    subject.next(1);
    await expect(stream.done).rejects.toThrow('no room');
    expect(subject.observed).toBe(false);
  });

  it('stops a source that emits all at once when an item is refused', async () => {
    let produced = 0;
    let taken = 0;
    const source = new Observable<number>((subscriber) => {
      while (produced < 1000 && !subscriber.closed) subscriber.next((produced += 1));
    });
    const stream = subscribe(source, () => {
      taken += 1;
      throw new Error('no room');
    });
    await expect(stream.done).rejects.toThrow('no room');
    expect(taken).toBe(1);
  });
});

describe('an Observable over a generator', () => {
  it('waits before each pull and returns the generator when unsubscribed', async () => {
    let pulled = 0;
    let isReturned = false;
    let release = (): void => undefined;
    const source = sourceOf(
      (function* () {
        try {
          for (;;) yield (pulled += 1);
        } finally {
          isReturned = true;
        }
      })(),
    );
    const subscription = observePull(
      source,
      () => new Promise<void>((resolve) => (release = resolve)),
    ).subscribe();
    await turn();
    expect(pulled).toBe(1);
    release();
    await turn();
    expect(pulled).toBe(2);
    subscription.unsubscribe();
    expect(isReturned).toBe(true);
  });
});

async function* endless(): AsyncGenerator<string> {
  for (;;) {
    await turn();
    yield 'a';
  }
}

function* generator(): Generator<number> {
  yield 1;
}

async function* asyncGenerator(): AsyncGenerator<number> {
  yield 1;
}
