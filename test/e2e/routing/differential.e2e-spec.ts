import { platforms, type Platform } from '../../support/apps/platforms.js';
import { Random } from '../../support/random.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';
import { get, upgrade } from '../../support/apps/twin-apps/asking.js';
import { unexplained, unexplainedStart } from '../../support/apps/twin-apps/differences.js';
import { Probe } from '../../support/apps/twin-apps/probe.js';
import { questionsFor, type Question } from '../../support/apps/twin-apps/questions.js';
import { ShapeMaker } from '../../support/apps/twin-apps/shape-maker.js';
import type { Shape, Side } from '../../support/apps/twin-apps/shape.js';
import { startTwin } from '../../support/apps/twin-apps/twin-app.js';

const numberFrom = (name: string): number | undefined => {
  const given = process.env[name];
  return given === undefined ? undefined : Number(given);
};
const COUNT = numberFrom('TWIN_COUNT') ?? 60;
const ONLY = numberFrom('TWIN_ONLY');
const ENOUGH = numberFrom('TWIN_ENOUGH') ?? 5;
const HOUR = 3_600_000;

const range = (to: number): number[] => Array.from({ length: to }, (_, index) => index);

describe.each(platforms)('random applications on $name', (platform) => {
  // A fixed one by default: what a new seed finds is nothing that a change has broken.
  const seed = numberFrom('SEED') ?? 1;

  it(
    'answer an upgrade and its first message as a GET of their twins',
    async () => {
      console.log(`twins: SEED=${seed}`);
      const found: string[] = [];
      let served = 0;
      for (const index of ONLY === undefined ? range(COUNT) : [ONLY]) {
        const random = new Random(seed + index * 7919);
        const compared = await compare(new ShapeMaker(random).make(), random, platform);
        const label = `SEED=${seed} TWIN_ONLY=${index} on ${platform.name}`;
        found.push(...compared.faults.map((fault) => `${label}: ${fault}`));
        served += compared.served;
        if (found.length >= ENOUGH) break;
      }
      expect(found.slice(0, ENOUGH)).toEqual([]);
      // Otherwise there was little to compare.
      if (ONLY === undefined) expect(served).toBeGreaterThan(3 * COUNT);
    },
    HOUR,
  );
});

interface Compared {
  readonly faults: readonly string[];
  /** Questions that a route has answered. */
  readonly served: number;
}

async function compare(shape: Shape, random: Random, platform: Platform): Promise<Compared> {
  const probe = new Probe();
  const http = await start(shape, 'http', platform, probe);
  const ws = await start(shape, 'ws', platform, probe);
  try {
    if (typeof http !== 'string' && typeof ws !== 'string')
      return await askAll(questionsFor(shape, random), http, ws, probe);
    const fault = unexplainedStart(reasonOf(http), reasonOf(ws));
    return { faults: fault === undefined ? [] : [fault], served: 0 };
  } finally {
    await closeAllApps();
  }
}

async function askAll(
  questions: readonly Question[],
  httpApp: RunningApp,
  wsApp: RunningApp,
  probe: Probe,
): Promise<Compared> {
  const faults: string[] = [];
  let served = 0;
  for (const question of questions) {
    const plain = await get(httpApp, { ...question, failure: undefined }, probe);
    const isServed = plain.status === 200;
    const http = question.failure ? await get(httpApp, question, probe) : plain;
    const ws = await upgrade(wsApp, question, probe);
    const fault = unexplained({ question, isServed, http, ws });
    if (fault !== undefined) faults.push(fault);
    served += Number(isServed);
  }
  return { faults, served };
}

/** Or why it does not start. */
async function start(
  shape: Shape,
  side: Side,
  platform: Platform,
  probe: Probe,
): Promise<RunningApp | string> {
  try {
    return await startTwin(shape, side, platform, probe);
  } catch (error) {
    return String(error);
  }
}

function reasonOf(app: RunningApp | string): string | undefined {
  return typeof app === 'string' ? app : undefined;
}
