import * as fc from 'fast-check';

import type { ModelHistory } from './model-history.js';

/** What a test does to its bench: a function with a name for reports. */
export type Step<Bench> = (bench: Bench) => unknown;
type Steps<Bench> = Readonly<Record<string, Step<Bench>>>;

export const pick = <T>(list: readonly T[], number: number): T | undefined =>
  list[number % list.length];

/** What a broker does, and what may go wrong on the way, whoever listens. */
const brokerSteps = (number: number): Steps<{ readonly history: ModelHistory }> => ({
  lose: ({ history }) => history.onTheWay.shift(),
  look: ({ history }) => pick(history.reads, number)?.look(),
  answer: ({ history }) => pick(history.reads, number)?.answer(),
  'look and answer': ({ history }) => {
    const read = pick(history.reads, number);
    read?.look();
    read?.answer();
  },
  fail: ({ history }) => pick(history.reads, number)?.fail(),
  trim: ({ history }) => history.trim(number + 1),
  fork: ({ history }) => history.fork(number + 1),
  forget: ({ history }) => history.forget(),
});

/** After these, not everything that was accepted can be told. */
export const FORGETTING = ['trim', 'fork', 'forget'];

/** @param own What this bench can do besides. */
export function stepOf<Bench extends { readonly history: ModelHistory }>(
  name: string,
  number: number,
  own: Steps<Bench>,
): Step<Bench> {
  const step = own[name] ?? brokerSteps(number)[name];
  if (!step) throw new Error(`no step ${name}`);
  return step;
}

export const stepsOf = (names: readonly string[]): fc.Arbitrary<[string, number][]> =>
  fc.array(fc.tuple(fc.constantFrom(...names), fc.nat({ max: 12 })), {
    maxLength: 60,
    size: 'max',
  });
