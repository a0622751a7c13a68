import { Readable } from 'node:stream';

import { Observable, of } from 'rxjs';

import { plan, through } from './fault-plan.js';

export async function* asyncItems(): AsyncGenerator<string> {
  yield 'first';
  await plan.at('async generator');
  yield 'last';
}

function* items(): Generator<string> {
  yield 'first';
  void plan.at('generator');
  yield 'last';
}

function observable(): Observable<string> {
  return of('first', 'last').pipe(through('observable'));
}

/** Pushes nothing more; its end is up to the connection. */
function endless(place: string): Observable<string> {
  return new Observable((subscriber) => {
    subscriber.next('first');
    return () => void plan.at(place);
  });
}

async function* manyItems(): AsyncGenerator<string> {
  try {
    for (;;) {
      yield 'first';
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  } finally {
    await plan.at('finally of a running generator');
  }
}

function readable(): Readable {
  return Readable.from(
    (async function* () {
      yield 'first';
      await plan.at('readable');
      yield 'last';
    })(),
  );
}

/** What the handler returns, by the message. */
export const results: Record<string, () => unknown> = {
  'async generator': asyncItems,
  generator: items,
  observable,
  readable,
  'teardown of an observable': () => endless('teardown of an observable'),
  'finally of a running generator': manyItems,
  toJSON: () => ({ toJSON: () => plan.at('toJSON') ?? 'json' }),
  'toJSON of a promised value': async () => ({
    toJSON: () => plan.at('toJSON of a promised value') ?? 'json',
  }),
  'fails for a filter': () => {
    throw new TypeError('for the filter');
  },
};
