import { runSequence, type Outcome } from './client.js';
import { makeSequence } from './grammar.js';
import { describeSequence, type Sequence } from './sequence.js';
import type { Setup, Target } from './setups.js';
import { describeStreams, makeStreams, runStreams } from './streams.js';

/** A sequence that can be run, whatever it is made of. */
export interface Runnable {
  readonly description: string;
  readonly run: (target: Target) => Promise<Outcome>;
  /** The same, with fewer steps before its end, the shortest first. */
  readonly prefixes: () => Runnable[];
}

export type Make = (seed: number, index: number, setup: Setup) => Runnable;

/** Bytes over TCP or TLS. */
export const overTcp: Make = (seed, index, setup) => ofSteps(makeSequence(seed, index, setup));

function ofSteps(sequence: Sequence): Runnable {
  const { index, steps } = sequence;
  return {
    description: describeSequence(sequence),
    run: (target) => runSequence(sequence, target),
    prefixes: () =>
      steps
        .slice(1, -1)
        .map((_, kept) =>
          ofSteps({ index, steps: [...steps.slice(0, kept + 1), ...steps.slice(-1)] }),
        ),
  };
}

/** Requests over HTTP/2. */
export const overHttp2: Make = (seed, index, setup) => {
  const sequence = makeStreams(seed, index, setup);
  return {
    description: describeStreams(sequence),
    run: (target) => runStreams(sequence, target),
    prefixes: () => [],
  };
};
