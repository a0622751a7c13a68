// Three processes of the built package on real brokers, while everything breaks that can.
//   node test/run.mjs build scale      SCALE_SEEDS=50: more of each set-up; SCALE_SEED=7: one; SCALE_ON=jetstream: one set-up
import { writeFileSync } from 'node:fs';
import '../support/from-sources.mjs';

const { campaign } = await import('./campaign.ts');

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));
const totals = await campaign();
const [, , file] = process.argv;
if (file) writeFileSync(file, JSON.stringify(totals));
process.exitCode = totals.failed === 0 ? 0 : 1;
