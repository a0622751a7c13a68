import type { Plan } from './campaign.js';
import type { Finding } from './findings.js';
import { runAlone, shrink } from './replay.js';
import { nameOf } from './setups.js';

/** Of a run in which much fails, the first few say enough. */
const EXPLAINED = 3;

/** What was found, what repeats it alone, and the shortest sequence that shows it. */
export async function describeFindings(
  findings: readonly Finding[],
  plan: Plan,
): Promise<string[]> {
  const texts: string[] = [];
  for (const [at, finding] of findings.entries())
    texts.push(at < EXPLAINED ? await explain(finding, plan) : finding.fault);
  return texts;
}

async function explain({ fault, index, suspects = [] }: Finding, plan: Plan): Promise<string> {
  const { setup, seed, make } = plan;
  const culprit = index ?? (await culpritAmong(suspects, plan));
  if (culprit === undefined)
    return `${fault}\nNo sequence does it alone: repeat all of them with SEED=${seed}.`;
  const runnable = make(seed, culprit, setup);
  const shortest = await shrink(runnable, setup);
  return [
    fault,
    `Repeat: SEED=${seed} FUZZ_ON='${nameOf(setup)}' FUZZ_ONLY=${culprit}`,
    runnable.description,
    shortest
      ? `The shortest that fails, by ${shortest.fault}:\n${shortest.smallest.description}`
      : 'Alone it passes.',
  ].join('\n');
}

async function culpritAmong(
  suspects: readonly number[],
  { setup, seed, make }: Plan,
): Promise<number | undefined> {
  for (const suspect of suspects)
    if ((await runAlone(make(seed, suspect, setup), setup)) !== undefined) return suspect;
  return undefined;
}
