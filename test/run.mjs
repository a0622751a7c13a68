// `npm test`: every step, or those named (`node test/run.mjs unit e2e`), two at a time. A step that is
// no test run counts as one test; one that crashes counts as failed. The last line is the total.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { pack, packedPackage } from './compat/workspace.mjs';
import { packages, publishedPackages } from '../scripts/packages.mjs';
import { check, crashed, root, run, runNodeTest, runTests, sum } from './harness.mjs';
import { inLanes, Tail, Transcript } from './lanes.mjs';
import { testFilesIn, writeSuites } from './suites.mjs';

/** As many as the cores of the machine that continuous integration has. */
const LANES = 2;
const MINUTE = 60_000;
/** A quiet machine needs less than 30; a busy one is not cut off in the middle. */
const deadline = Date.now() + 45 * MINUTE;
const within = (minutes) => Math.max(1, Math.min(minutes * MINUTE, deadline - Date.now()));

// Each step takes where it is to write, `output`, and resolves with its totals.

const command =
  (minutes, name, ...args) =>
  async (output) =>
    check(await run(name, args, { timeout: within(minutes), output }));

const jest =
  (minutes, project, ...args) =>
  (output) =>
    jestBehind([], output, minutes, project, ...args);

/** @param prefix A command that runs the rest. */
const jestBehind = ([wrapper, ...prefix], output, minutes, project, ...args) =>
  runTests((report) =>
    run(
      wrapper ?? process.execPath,
      [
        ...(wrapper ? [...prefix, process.execPath] : []),
        'node_modules/jest/bin/jest.js',
        '--selectProjects',
        project,
        '--json',
        `--outputFile=${report}`,
        ...args,
      ],
      {
        env: { NODE_OPTIONS: '--experimental-vm-modules --disable-warning=ExperimentalWarning' },
        timeout: within(minutes),
        output,
      },
    ),
  );

/** All end-to-end tests. */
const endToEnd = (minutes) => (output) => {
  writeSuites(join(root, '.suites/e2e'), testFilesIn(join(root, 'test/e2e')), '.suite.ts');
  return jest(minutes, 'suites', '.suites/e2e/')(output);
};

/** Only Linux can take a network away from one process, and not every container may. */
async function cutNetwork(output) {
  const inNamespace = ['unshare', '--map-root-user', '--net'];
  const [unshare, ...args] = [...inNamespace, 'ip', 'link', 'set', 'lo', 'up'];
  if ((await run(unshare, args, { timeout: within(1), output })) === 0)
    return jestBehind(inNamespace, output, 2, 'network');
  output.write('Left out: there are no network namespaces here.\n');
  return { passed: 0, failed: 0, skipped: 0 };
}

/** A script that writes its totals into the file that it is given. */
const script =
  (minutes, path, args = [], prepare) =>
  async (output) => {
    const folder = mkdtempSync(join(tmpdir(), 'totals-'));
    const file = join(folder, 'totals.json');
    try {
      const env = await prepare?.(output);
      const code = await run(process.execPath, [join(root, path), file, ...args], {
        env,
        timeout: within(minutes),
        output,
      });
      if (!existsSync(file)) return crashed();
      const totals = JSON.parse(readFileSync(file, 'utf8'));
      return code !== 0 && totals.failed === 0 ? { ...totals, failed: 1 } : totals;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };

/** The testing kit's example for node:test, compiled against the built package as a user's spec is. */
async function nodeTest(output) {
  const options = { timeout: within(1), output };
  const compiler = ['node_modules/typescript/bin/tsc', '-p', 'test/testing-kit/tsconfig.json'];
  if ((await run(process.execPath, compiler, options)) !== 0) return crashed();
  return runNodeTest('test/testing-kit/dist/chat.node-test.js', options);
}

/** The documentation: prose and spelling, the site, what its checks count, and the blocks that run. */
const checkDocs = async (output) =>
  sum([
    await script(1, 'test/docs/prose.mjs')(output),
    await command(2, 'npx', '--no', '--', 'cspell', 'lint', '--no-progress')(output),
    // Fails on links that lead nowhere. The API reference is in it where the step `api` has made one.
    await command(3, 'npx', '--no', '--', 'vitepress', 'build', 'docs')(output),
    await script(3, 'test/docs/check.mjs')(output),
    await jest(4, 'docs')(output),
  ]);

/** The packed package: whichever step asks first makes it. */
let packed;
const thePackage = (output) =>
  (packed ??= chosen.includes('build') ? pack({ output }) : packedPackage({ output }));

/** A script that tries the packed package. */
const compat = (minutes, path, ...args) =>
  script(minutes, path, args, async (output) => ({ COMPAT_TARBALL: await thePackage(output) }));

/** One that does so in a project, and keeps the packages that `installs` has fetched where it is a step. */
const installed = (minutes, path, ...args) =>
  script(minutes, path, args, async (output) => ({
    COMPAT_TARBALL: await thePackage(output),
    ...(chosen.includes('installs') ? { COMPAT_REUSE: '1' } : {}),
  }));

/** What the network is needed for, beside steps that may not overlap with each other. */
async function fetchInstalls(output) {
  const env = { COMPAT_TARBALL: await thePackage(output) };
  const options = { timeout: within(5), output, env };
  return check(await run(process.execPath, ['test/compat/installs.mjs'], options));
}

async function checkPackage(output) {
  const tarball = await thePackage(output);
  const options = { timeout: within(2), output, env: { COMPAT_TARBALL: tarball } };
  const tarballs = [tarball];
  for (const { folder } of publishedPackages()) tarballs.push(await pack(options, folder));
  const results = [];
  for (const file of ['content', 'workspaces'])
    results.push(
      check(await run(process.execPath, ['--test', `test/package/${file}.node-test.mjs`], options)),
    );
  for (const packedOne of tarballs)
    results.push(
      check(await run('npx', ['--no', '--', 'publint', 'run', '--strict', packedOne], options)),
      check(await run('npx', ['--no', '--', 'attw', '--profile', 'node16', packedOne], options)),
    );
  return sum(results);
}

/** What depends on the runtime: the border to HTTP, frames, heartbeats, streams, closing, shutdown. */
const BORDER =
  'echo handshake- malformed well-formed upgrade- http2 other-protocols first-byte private-parts message-formats results ' +
  'limits ping live life streams async-local clos refusal- shutdown handles testing-kit';
/** Of those between the newest and the one that everything else runs on. */
const SHORT = 'echo malformed- http2 other-protocols upgrade- streams clos life';
const node = (minutes, version, ...args) =>
  script(minutes, 'test/compat/node.mjs', [version, ...args]);

/** In the order in which they start: what takes long before what may fill the gaps. */
const steps = {
  build: command(2, 'npm', 'run', 'build'),
  typecheck: command(2, 'npm', 'run', 'typecheck'),
  // The samples are linted against the built package, as users see it.
  lint: command(3, 'npm', 'run', 'lint'),
  // From the TSDoc; what is public and not documented, and a link that leads nowhere, fail it.
  api: command(2, 'npm', 'run', 'docs:api'),
  package: checkPackage,
  e2e: endToEnd(20),
  installs: fetchInstalls,
  'new-app-11': compat(10, 'test/compat/new-apps.mjs', '11'),
  'new-app-12': compat(10, 'test/compat/new-apps.mjs', '12'),
  // The newest has all; what holds there and on the oldest is tried between them where it depends on the runtime.
  // Their unit tests are below: they may run beside these.
  'node-26': node(9, '26', 'e2e', ...BORDER.split(' ')),
  'node-24': node(6, '24', 'e2e', ...SHORT.split(' ')),
  'node-22': node(6, '22', 'e2e', ...SHORT.split(' ')),
  // Brokers of others: each test starts servers of its own.
  brokers: jest(8, 'brokers', '--runInBand'),
  'nest-11': installed(18, 'test/compat/nest-11.mjs'),
  'real-packages': compat(4, 'test/compat/real-packages.mjs'),
  'floor-11': installed(5, 'test/compat/floor.mjs', '11'),
  'floor-12': installed(5, 'test/compat/floor.mjs', '12'),
  runtimes: compat(4, 'test/compat/runtimes.mjs'),
  asyncapi: compat(6, 'test/compat/asyncapi.mjs'),
  // Each has to wait until no tests on other versions run, and takes one lane: what follows them is for the other.
  soak: command(5, 'node', 'test/soak/soak.mjs', '--minutes', '0.5', '--no-idle'),
  // One at a time: each drives a browser of several processes.
  sample: jest(6, 'sample', '--runInBand'),
  browser: jest(3, 'browser', '--runInBand'),
  // Most of it is the fuzzer of the border.
  abuse: jest(8, 'abuse'),
  // Three processes on real brokers, while everything breaks that can.
  scale: script(process.env.SCALE_SEEDS ? 45 : 8, 'test/scale/scale.mjs'),
  lives: jest(3, 'lives', '--runInBand'),
  network: cutNetwork,
  docs: checkDocs,
  unit: jest(3, 'unit'),
  // Their own tests; without a package there are none.
  ...(packages().length > 0 ? { packages: jest(8, 'packages') } : {}),
  // The client in Chromium, Deno, Bun and other Nodes: one at a time, since each breaks the network of its own clients.
  // Node 20 may spin for ever in its own clean-up once jest is done (Environment::CleanupHandles).
  foreign: jest(8, 'foreign', '--runInBand', '--forceExit'),
  bare: jest(2, 'bare'),
  conformance: jest(3, 'conformance'),
  // Rooms of up to 100 nodes in one process, by a clock of its own.
  simulation: jest(3, 'simulation'),
  'node-test': nodeTest,
};

/** These read the sources alone; all others wait for the build where it is a step, too. */
const beforeBuild = new Set(['build', 'typecheck', 'api']);
/** These wait for the installs where they are a step, too. */
const afterInstalls = new Set(
  'node-26 node-24 node-22 nest-11 floor-11 floor-12 runtimes foreign'.split(' '),
);
/**
 * Of each group one at a time. The tests themselves may run beside those on other versions, which wait more than they
 * compute.
 */
const groups = ['e2e nest-11', 'node-22 node-24 node-26 floor-11 floor-12 brokers'].map(
  (names) => new Set(names.split(' ')),
);
/**
 * Beside none of those, and one at a time: they measure, or keep deadlines. The soak's 10,000 sockets alone leave the
 * kernel so little memory for TCP that slow readers of other tests starve.
 */
const apart = new Set('soak sample browser abuse scale lives network'.split(' '));

const groupOf = (name) => groups.find((group) => group.has(name));
const mayMeet = (name, other) => {
  const [own, others] = [groupOf(name), groupOf(other)];
  if (apart.has(name)) return !apart.has(other) && !others;
  return apart.has(other) ? !own : !own || own !== others;
};

const mayStart = (name, running, waiting) => {
  const isAhead = (step) => running.includes(step) || waiting.includes(step);
  return (
    (beforeBuild.has(name) || !isAhead('build')) &&
    !(afterInstalls.has(name) && isAhead('installs')) &&
    running.every((other) => mayMeet(name, other))
  );
};

const transcript = new Transcript((chunk) => process.stdout.write(chunk));
const begin = Date.now();
const seconds = (from) => Math.round((Date.now() - from) / 1000);

async function start(name) {
  const [at, from] = [seconds(begin), Date.now()];
  const page = transcript.open();
  const output = new Tail(page);
  output.write(`\n=== ${name}\n`);
  const totals = await runStep(name, output).catch((error) => {
    output.write(`${inspect(error)}\n`);
    return crashed();
  });
  page.end();
  return { name, ...explained(totals, output), at, seconds: seconds(from) };
}

/** What no test tells of a failure, its last lines may. */
const explained = ({ failures = [], ...totals }, output) => ({
  ...totals,
  failures: totals.failed > 0 && failures.length === 0 ? [output.lastLines()] : failures,
});

async function runStep(name, output) {
  if (Object.hasOwn(steps, name)) return steps[name](output);
  output.write(`No step is named ${name}. There are: ${Object.keys(steps).join(', ')}\n`);
  return crashed();
}

/** Where it failed and the first lines of why, in one line. */
function inShort(failure) {
  const [where, test, ...reason] = failure.split('\n').filter((line) => line.trim() !== '');
  return [
    where,
    test,
    reason
      .slice(0, 4)
      .map((line) => line.trim())
      .join(' '),
  ]
    .filter(Boolean)
    .join(' › ')
    .slice(0, 400);
}

const chosen = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(steps);
const results = await inLanes([...new Set(chosen)], LANES, { mayStart, start });

const failures = results.flatMap(({ name, failures: all = [] }) =>
  all.map((failure) => `FAILED in ${name}: ${failure}`),
);
for (const failure of failures) console.log(`\n${failure}`);

console.log();
for (const { name, passed, failed, skipped, ...time } of results)
  console.log(
    `${failed > 0 ? 'FAILED' : 'ok    '} ${name.padEnd(11)} ${passed} passed, ${failed} failed, ${skipped} skipped (${time.seconds} s from ${time.at} s on)`,
  );
// Once more in short: of a long log the last lines are what everyone sees.
for (const failure of failures.slice(0, 20)) console.log(inShort(failure));
const { passed, failed } = sum(results);
console.log(`${chosen.length} steps in ${seconds(begin)} s`);
if (failed > 0 || passed === 0) process.exitCode = 1;
console.log(`${passed} passed, ${failed} failed`);
