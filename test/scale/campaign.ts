import { inspect } from 'node:util';
import { describePlan, planOf } from './plan.js';
import { run } from './run.js';
import { SET_UPS, type SetUp } from './set-ups.js';

export interface Totals {
  passed: number;
  failed: number;
  skipped: number;
}

/** Findings that are printed of one run. */
const SHOWN = 20;

/** Runs at a time. */
const LANES = 2;

const { SCALE_SEEDS, SCALE_SEED, SCALE_ON, SCALE_LANES } = process.env;

/** Runs each set-up with its seeds. They wait more than they work: by default two at a time. */
export async function campaign(): Promise<Totals> {
  const totals: Totals = { passed: 0, failed: 0, skipped: 0 };
  const chosen = SCALE_ON?.split(',') ?? SET_UPS.map(({ name }) => name);
  const runs = SET_UPS.filter(({ name }) => chosen.includes(name))
    .flatMap((setUp) => seedsOf(setUp).map((seed) => ({ setUp, seed })))
    .values();
  const work = async (): Promise<void> => {
    for (const { setUp, seed } of runs) {
      // oxlint-disable-next-line no-await-in-loop -- one lane does one after another
      const isGood = await runOnce(setUp, seed);
      totals[isGood ? 'passed' : 'failed'] += 1;
    }
  };
  const lanes = SCALE_LANES === undefined ? LANES : Number(SCALE_LANES);
  await Promise.all(Array.from({ length: lanes }, work));
  return totals;
}

async function runOnce(setUp: SetUp, seed: number): Promise<boolean> {
  const start = performance.now();
  say(`${setUp.name}, seed ${seed}: ${describePlan(planOf(setUp, seed))}`);
  const { findings, summary } = await run(setUp, seed).catch((error: unknown) => ({
    findings: [inspect(error)],
    summary: 'it could not be run',
  }));
  const seconds = Math.round((performance.now() - start) / 1_000);
  const verdict = findings.length === 0 ? 'ok' : 'FAILED';
  say(`  ${setUp.name}, seed ${seed}: ${verdict} in ${seconds} s: ${summary}`);
  for (const finding of findings.slice(0, SHOWN)) say(`  ${finding}`);
  if (findings.length > SHOWN) say(`  and ${findings.length - SHOWN} more`);
  if (findings.length > 0)
    say(`  To repeat it: SCALE_ON=${setUp.name} SCALE_SEED=${seed} node test/run.mjs build scale`);
  return findings.length === 0;
}

function seedsOf({ usual }: SetUp): number[] {
  if (SCALE_SEED !== undefined) return [Number(SCALE_SEED)];
  const count = SCALE_SEEDS === undefined ? usual : Number(SCALE_SEEDS);
  return Array.from({ length: count }, () => 1 + Math.floor(Math.random() * 2 ** 31));
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);
