import { Random } from '../support/random.js';
import type { FaultKind, SetUp } from './set-ups.js';

/** One thing that goes wrong. */
export interface Fault {
  readonly kind: FaultKind;
  /** Milliseconds from the beginning. */
  readonly at: number;
  /** Of what it does not concern, it is no matter. */
  readonly node: number;
  /** Milliseconds that it lasts. */
  readonly ms: number;
}

/** What a seed makes of a set-up: the same each time. */
export interface Plan {
  readonly seed: number;
  readonly faults: readonly Fault[];
  /** Bytes of a message. */
  readonly size: number;
  /** Which node consists of workers of `node:cluster`, where one does. */
  readonly cluster: number | undefined;
}

interface Range {
  readonly least: number;
  readonly most: number;
}

/** How long each may last, in milliseconds. */
const LASTS: Record<FaultKind, Range> = {
  // Until it is started again.
  killNode: { least: 500, most: 4_000 },
  killWorker: { least: 0, most: 0 },
  stopNode: { least: 5_000, most: 5_000 },
  killBroker: { least: 300, most: 3_000 },
  // 0 ends connections, and new ones can be made at once.
  cut: { least: 0, most: 3_000 },
  cutAll: { least: 0, most: 3_000 },
  stall: { least: 10_000, most: 10_000 },
  halfOpen: { least: 0, most: 0 },
  delay: { least: 2_000, most: 10_000 },
  storm: { least: 0, most: 0 },
  slow: { least: 6_000, most: 8_000 },
  roll: { least: 0, most: 0 },
};

/** When nothing has gone wrong yet. */
const QUIET = 1_500;

export function planOf(setUp: SetUp, seed: number): Plan {
  const random = new Random(seed);
  const faults = chooseKinds(setUp, random).map((kind): Fault => {
    const { least, most } = LASTS[kind];
    const ms = least + random.below(most - least + 1);
    const latest = Math.max(QUIET, setUp.seconds * 1_000 - ms - QUIET);
    const at = QUIET + random.below(latest - QUIET + 1);
    return { kind, at, ms, node: random.below(setUp.nodes) };
  });
  const hasWorkers = faults.some(({ kind }) => kind === 'killWorker') || random.chance(0.25);
  return {
    seed,
    faults: faults.toSorted((one, other) => one.at - other.at),
    size: random.pick(setUp.sizes),
    cluster: hasWorkers ? random.below(setUp.nodes) : undefined,
  };
}

/** Each at most once. */
function chooseKinds({ always, sometimes, faults }: SetUp, random: Random): FaultKind[] {
  const left = sometimes.filter((kind) => !always.includes(kind));
  const kinds = [...always];
  while (kinds.length < faults && left.length > 0)
    kinds.push(...left.splice(random.below(left.length), 1));
  return kinds;
}

/** As it is printed. */
export const describePlan = ({ faults, size, cluster }: Plan): string =>
  [
    ...faults.map(({ kind, at, node, ms }) => {
      const seconds = (at / 1_000).toFixed(1);
      return `${kind} ${seconds} s${ms > 0 ? ` for ${ms} ms` : ''} (node ${node})`;
    }),
    `${size} bytes`,
    ...(cluster === undefined ? [] : [`node ${cluster} has workers`]),
  ].join(', ');
