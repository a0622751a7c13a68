// Measures this package beside others.  npm run bench -- [--measures echo,latency] [--only 'ours|ws']
//   [--rounds 5] [--seconds 3] [--nest 11] [--json results.json] [--smoke]
// Its rooms over a Redis, which must be installed:  npm run bench:rooms -- [the same, but for seconds]
import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { BenchContext } from './bench.context.mjs';
import { measures, roomMeasures } from './measures.mjs';
import { unpinnedBecause } from './processes.mjs';
import { tableOf } from './report.mjs';
import { prepareServers } from './servers.mjs';
import { fullSizes, smokeSizes } from './sizes.mjs';
import { verdict } from './targets.mjs';

const { values } = parseArgs({
  options: {
    measures: { type: 'string' },
    only: { type: 'string', default: '' },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    nest: { type: 'string' },
    json: { type: 'string' },
    rooms: { type: 'boolean', default: false },
    smoke: { type: 'boolean', default: false },
  },
});

const rounds = Number(values.rounds ?? (values.smoke ? 1 : 5));
const seconds = Number(values.seconds ?? (values.smoke ? 0.2 : 3));
const context = new BenchContext({
  folder: await prepareServers(values.nest),
  durations: { warmUp: seconds / 2, measure: seconds },
  sizes: values.smoke ? smokeSizes : fullSizes,
});

function chosenMeasures() {
  const all = values.rooms ? roomMeasures : measures;
  const names = values.measures?.split(',') ?? all.map(({ name }) => name);
  return names.map((name) => {
    const measure = all.find((each) => each.name === name);
    if (measure) return measure;
    throw new Error(`${name} is none of ${all.map((each) => each.name).join(', ')}`);
  });
}

/** Those asked for, and those that they are compared with. */
function chosenSubjects(measure) {
  const all = measure.subjects(context);
  const chosen = all.filter(({ name }) => new RegExp(values.only).test(name));
  const bases = new Set(chosen.map(({ base }) => base ?? measure.base));
  return all.filter((subject) => chosen.includes(subject) || bases.has(subject.name));
}

/** Round by round, so that all of them share whatever happens to the machine meanwhile. */
async function sampleAll(measure, subjects) {
  const samples = Object.fromEntries(subjects.map(({ name }) => [name, []]));
  for (let round = 1; round <= rounds; round += 1)
    for (const subject of subjects) {
      console.error(`${measure.name}, round ${round} of ${rounds}: ${subject.name}`);
      samples[subject.name].push(await measure.once(subject, context));
    }
  return samples;
}

console.log(`${cpus()[0]?.model}, Node ${process.version}, ${rounds} rounds of ${seconds} s\n`);
if (unpinnedBecause)
  console.log(`Server and client are NOT pinned to cores of their own: ${unpinnedBecause}.\n`);

const [load = 0] = loadavg();
if (load > 1)
  console.log(`The machine had other work (load ${load.toFixed(1)}): figures may be of no use.\n`);

const results = {};
for (const measure of chosenMeasures()) {
  const subjects = chosenSubjects(measure);
  if (subjects.length === 0) continue;
  const note = await measure.prepare?.(context, results);
  results[measure.name] = await sampleAll(measure, subjects);
  console.log(tableOf(measure, subjects, results[measure.name], note));
}
// A smoke run is too short to judge by.
if (!values.smoke) console.log(verdict(results));
if (values.json) {
  const setting = { node: process.version, nest: values.nest ?? '12', rounds, seconds };
  writeFileSync(values.json, `${JSON.stringify({ ...setting, results }, null, 2)}\n`);
}
process.exit();
