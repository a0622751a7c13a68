// Shows where a server's CPU time goes.  npm run bench:profile -- [--server ours] [--window 16]
//   [--load handshakes] [--seconds 5] [--nest 11] [--save some.cpuprofile]
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { BenchContext } from './bench.context.mjs';
import { openable } from './measures/memory.mjs';
import { byFunction, byPackage, sharesTable } from './profile.shares.mjs';
import { prepareServers } from './servers.mjs';
import { fullSizes } from './sizes.mjs';
import {
  compressedEchoSubjects,
  compressedRoomSubjects,
  compressedSubjects,
  bystanderSubjects,
  crowdSubjects,
  echoSubjects,
  fanOutSubjects,
  handshakeSubjects,
  heartbeatSubjects,
  PING_INTERVAL,
  pacedHandshakeSubjects,
  stormSubjects,
} from './subjects.mjs';

const SHOWN = 25;
/** Milliseconds. */
const BROADCAST_EVERY = 500;

const { values } = parseArgs({
  options: {
    server: { type: 'string', default: 'ours' },
    window: { type: 'string', default: '16' },
    load: { type: 'string', default: 'echo' },
    seconds: { type: 'string', default: '5' },
    nest: { type: 'string' },
    save: { type: 'string' },
  },
});

const { connections, lanes, visits } = fullSizes;

const toldTo = (count, subjects) => ({
  title: `fan-out to ${count}`,
  subjects,
  async start({ client, target }) {
    await client.ask({ command: 'open', target, count });
    await client.ask({ command: 'fanOut', trigger: target.wire.message });
  },
});

const echoed = (subjects) => ({
  title: `echo, ${values.window} in flight`,
  subjects,
  async start({ client, target }) {
    await client.ask({ command: 'open', target, count: connections });
    await client.ask({ command: 'echo', wire: target.wire, window: Number(values.window) });
  },
});

const loads = {
  echo: echoed(echoSubjects),
  'compressed-echo': echoed(compressedEchoSubjects),
  handshakes: {
    title: 'handshakes',
    subjects: handshakeSubjects,
    start: ({ client, target }) => client.ask({ command: 'shakeHands', target, lanes }),
  },
  'paced-handshakes': {
    title: `handshakes at ${visits.rate} a second`,
    subjects: pacedHandshakeSubjects,
    start: ({ client, target }) => client.ask({ command: 'visit', target, rate: visits.rate }),
  },
  'fan-out': toldTo(fullSizes.readers, fanOutSubjects),
  crowd: toldTo(fullSizes.crowd, crowdSubjects),
  bystander: {
    title: `${fullSizes.crowd} that are told something twice a second`,
    subjects: bystanderSubjects,
    async start({ client, target }) {
      await client.ask({ command: 'open', target, count: fullSizes.crowd });
      await client.ask({ command: 'listenOn' });
      await client.ask({ command: 'tellEvery', trigger: target.wire.message, ms: BROADCAST_EVERY });
    },
  },
  heartbeats: {
    title: 'pings of many connections',
    subjects: heartbeatSubjects,
    observe: profilePings,
  },
  compressed: toldTo(fullSizes.compressedReaders, compressedSubjects),
  'compressed-room': toldTo(fullSizes.readers, compressedRoomSubjects),
  storm: {
    title: `${fullSizes.crowd} clients that connect at once`,
    subjects: stormSubjects,
    observe: profileStorm,
  },
};

async function profileSteadily(context, pair) {
  await load.start(pair);
  return context.observe(pair, () => pair.server.ask('startProfile'));
}

async function profilePings(_context, { server, client, target }) {
  const count = openable('many', subject, { sizes: fullSizes });
  await client.ask({ command: 'open', target, count, answers: true });
  await server.ask('startProfile');
  const before = await server.ask('usage');
  await sleep(PING_INTERVAL);
  const { cpuMs } = await server.ask('usage');
  return {
    rate: (count * 1000) / PING_INTERVAL,
    busy: ((cpuMs - before.cpuMs) * 100) / PING_INTERVAL,
  };
}

async function profileStorm(_context, { server, client, target }) {
  await server.ask('startProfile');
  const before = await server.ask('usage');
  const { allMs } = await client.ask({ command: 'storm', target, count: fullSizes.crowd });
  const { cpuMs } = await server.ask('usage');
  return {
    rate: (fullSizes.crowd * 1000) / allMs,
    busy: ((cpuMs - before.cpuMs) * 100) / allMs,
  };
}

const load = loads[values.load];
if (!load) throw new Error(`${values.load} is none of ${Object.keys(loads).join(', ')}`);
const { subjects } = load;
const subject = subjects.find(({ name }) => name === values.server);
if (!subject)
  throw new Error(`${values.server} is none of ${subjects.map(({ name }) => name).join(', ')}`);

const seconds = Number(values.seconds);
const context = new BenchContext({
  folder: await prepareServers(values.nest),
  durations: { warmUp: 2, measure: seconds },
  sizes: fullSizes,
});

const { profile, observed } = await context.with(subject, async (pair) => {
  const underLoad = await (load.observe ?? profileSteadily)(context, pair);
  return { observed: underLoad, profile: await pair.server.ask('stopProfile') };
});

if (values.save) writeFileSync(values.save, JSON.stringify(profile));
console.log(`## ${subject.name}: ${load.title}, profiled for ${seconds} s\n`);
console.log(
  `${Math.round(observed.rate)} a second (slower than without the profiler), server ${Math.round(observed.busy)} % busy\n`,
);
console.log(sharesTable('package', byPackage(profile)));
console.log(sharesTable('function (self time)', byFunction(profile).slice(0, SHOWN)));
process.exit();
