import { seedOf } from '../support/random.js';
import { runCampaign, type Plan } from './fuzz/campaign.js';
import { overHttp2, overTcp, type Make } from './fuzz/kinds.js';
import { shrink } from './fuzz/replay.js';
import { describeFindings } from './fuzz/report.js';
import { nameOf, type Setup } from './fuzz/setups.js';

interface Case {
  readonly setup: Setup;
  readonly make: Make;
  readonly count: number;
}

/** 20,000 over TCP, and some for what the setups have of their own. */
const COUNT = 5_000;
const cases: readonly Case[] = [
  { setup: { platform: 'express', server: 'http', refusal: 'http' }, make: overTcp, count: COUNT },
  { setup: { platform: 'express', server: 'http', refusal: 'close' }, make: overTcp, count: COUNT },
  { setup: { platform: 'fastify', server: 'http', refusal: 'http' }, make: overTcp, count: COUNT },
  { setup: { platform: 'fastify', server: 'http', refusal: 'close' }, make: overTcp, count: COUNT },
  { setup: { platform: 'express', server: 'https', refusal: 'http' }, make: overTcp, count: 400 },
  {
    setup: { platform: 'fastify', server: 'http2 over TLS', refusal: 'http' },
    make: overTcp,
    count: 400,
  },
  {
    setup: { platform: 'fastify', server: 'http2 over TLS', refusal: 'http' },
    make: overHttp2,
    count: 400,
  },
  { setup: { platform: 'fastify', server: 'http2', refusal: 'http' }, make: overHttp2, count: 400 },
];

const numberFrom = (name: string): number | undefined => {
  const given = process.env[name];
  return given === undefined ? undefined : Number(given);
};

/** By hand: how many of each, where, and which alone; how many at once; how many findings are enough. */
const count = numberFrom('FUZZ_COUNT');
const on = process.env['FUZZ_ON'] ?? '';
const only = numberFrom('FUZZ_ONLY');
const size = numberFrom('FUZZ_SIZE') ?? 64;
const enough = numberFrom('FUZZ_ENOUGH') ?? 5;

const chosen = cases.filter(({ setup }) => nameOf(setup).includes(on));
const HOUR = 3_600_000;

describe('sequences of everything that a client may send', () => {
  // What another one finds is nothing that a change has broken.
  const seed = seedOf('fuzz', 1);

  it.each(chosen.map((one) => [nameOf(one.setup), one.make.name, one] as const))(
    'do no harm on %s, %s',
    async (_name, _kind, { setup, make, count: usual }) => {
      const plan: Plan = { setup, make, seed, count: count ?? usual, size, enough };
      if (only !== undefined) return expect(await repeat(only, plan)).toBeUndefined();
      const { all } = await runCampaign(plan);
      expect(await describeFindings(all, plan)).toEqual([]);
    },
    HOUR,
  );
});

/** One sequence alone. */
async function repeat(index: number, { setup, make, seed }: Plan): Promise<string | undefined> {
  const runnable = make(seed, index, setup);
  const shortest = await shrink(runnable, setup);
  return shortest && `${shortest.fault}\n${shortest.smallest.description}`;
}
