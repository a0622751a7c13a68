// Shows where a server's CPU time goes.  npm run bench:profile -- [--server ours] [--window 16]
//   [--handshakes] [--seconds 5] [--nest 11] [--save some.cpuprofile]
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { BenchContext } from './bench.context.mjs';
import { byFunction, byPackage, sharesTable } from './profile.shares.mjs';
import { prepareServers } from './servers.mjs';
import { fullSizes } from './sizes.mjs';
import { echoSubjects, handshakeSubjects } from './subjects.mjs';

const SHOWN = 25;

const { values } = parseArgs({
  options: {
    server: { type: 'string', default: 'ours' },
    window: { type: 'string', default: '16' },
    handshakes: { type: 'boolean', default: false },
    seconds: { type: 'string', default: '5' },
    nest: { type: 'string' },
    save: { type: 'string' },
  },
});

const subjects = values.handshakes ? handshakeSubjects : echoSubjects;
const subject = subjects.find(({ name }) => name === values.server);
if (!subject)
  throw new Error(`${values.server} is none of ${subjects.map(({ name }) => name).join(', ')}`);

const seconds = Number(values.seconds);
const context = new BenchContext({
  folder: await prepareServers(values.nest),
  durations: { warmUp: 2, measure: seconds },
  sizes: fullSizes,
});

async function startLoad({ client, target }) {
  const { connections, lanes } = context.sizes;
  if (values.handshakes) {
    await client.ask({ command: 'shakeHands', target, lanes });
  } else {
    await client.ask({ command: 'open', target, count: connections });
    await client.ask({ command: 'echo', wire: target.wire, window: Number(values.window) });
  }
}

const { profile, observed } = await context.with(subject, async (pair) => {
  await startLoad(pair);
  const underLoad = await context.observe(pair, () => pair.server.ask('startProfile'));
  return { observed: underLoad, profile: await pair.server.ask('stopProfile') };
});

if (values.save) writeFileSync(values.save, JSON.stringify(profile));
const what = values.handshakes ? 'handshakes' : `echo, ${values.window} in flight`;
console.log(`## ${subject.name}: ${what}, profiled for ${seconds} s\n`);
console.log(
  `${Math.round(observed.rate)} a second (slower than without the profiler), server ${Math.round(observed.busy)} % busy\n`,
);
console.log(sharesTable('package', byPackage(profile)));
console.log(sharesTable('function (self time)', byFunction(profile).slice(0, SHOWN)));
process.exit();
