import { sleep } from '../../support/deadline.js';
import { FuzzServer } from './child.js';
import { describeHeld, isQuiet } from './growth.js';
import type { Runnable } from './kinds.js';
import { FREE_MS } from './limits.js';
import { targetOf, type Setup } from './setups.js';

/** Runs one sequence against a server of its own. @returns The first fault. */
export async function runAlone(runnable: Runnable, setup: Setup): Promise<string | undefined> {
  const uncaught: string[] = [];
  const server = await FuzzServer.start(setup, (error) => uncaught.push(`uncaught: ${error}`));
  try {
    const { faults } = await runnable.run(targetOf(setup, server.port));
    return uncaught[0] ?? faults[0] ?? (await remainsOf(server)) ?? uncaught[0];
  } catch (error) {
    return String(error);
  } finally {
    await server.stop();
  }
}

async function remainsOf(server: FuzzServer): Promise<string | undefined> {
  const end = Date.now() + FREE_MS;
  for (;;) {
    const state = await server.ask('state');
    if (isQuiet(state)) return undefined;
    if (Date.now() > end) return `left in the server: ${describeHeld(state)}`;
    await sleep(100);
  }
}

/** The shortest beginning of a sequence that still fails, and how it does. */
export async function shrink(
  runnable: Runnable,
  setup: Setup,
): Promise<{ smallest: Runnable; fault: string } | undefined> {
  for (const candidate of [...runnable.prefixes(), runnable]) {
    const fault = await runAlone(candidate, setup);
    if (fault !== undefined) return { smallest: candidate, fault };
  }
  return undefined;
}
