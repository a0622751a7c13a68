// `npm test`: every step, or those named (`node test/run.mjs unit e2e`). A step that is no test run
// counts as one test; one that crashes counts as failed. The last line is the total.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pack } from './compat/workspace.mjs';
import { check, crashed, root, run, runTests, sum, tapTotals } from './harness.mjs';

const MINUTE = 60_000;
const deadline = Date.now() + 19 * MINUTE;
const within = (minutes) => Math.max(1, Math.min(minutes * MINUTE, deadline - Date.now()));

/** The packed package, once the `package` step has made it. */
let tarball;

const command =
  (minutes, name, ...args) =>
  async () =>
    check(await run(name, args, { timeout: within(minutes) }));

const jest =
  (minutes, project, ...args) =>
  () =>
    jestBehind([], minutes, project, ...args);

/** @param prefix A command that runs the rest. */
const jestBehind = ([wrapper, ...prefix], minutes, project, ...args) =>
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
      },
    ),
  );

/** Only Linux can take a network away from one process, and not every container may. */
async function cutNetwork() {
  const inNamespace = ['unshare', '--map-root-user', '--net'];
  const [unshare, ...args] = [...inNamespace, 'ip', 'link', 'set', 'lo', 'up'];
  if ((await run(unshare, args, { timeout: within(1) })) === 0)
    return jestBehind(inNamespace, 2, 'network');
  console.log('Left out: there are no network namespaces here.');
  return { passed: 0, failed: 0, skipped: 0 };
}

/** A script that writes its totals into the file that it is given. */
const script = (minutes, path) => async () => {
  const folder = mkdtempSync(join(tmpdir(), 'totals-'));
  const file = join(folder, 'totals.json');
  try {
    const env = tarball ? { COMPAT_TARBALL: tarball } : {};
    const code = await run(process.execPath, [join(root, path), file], {
      env,
      timeout: within(minutes),
    });
    if (!existsSync(file)) return crashed();
    const totals = JSON.parse(readFileSync(file, 'utf8'));
    return code !== 0 && totals.failed === 0 ? { ...totals, failed: 1 } : totals;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** The testing kit's example for node:test, compiled against the built package as a user's spec is. */
async function nodeTest() {
  const folder = mkdtempSync(join(tmpdir(), 'node-test-'));
  const report = join(folder, 'report.tap');
  const reporters = ['spec', 'stdout', 'tap', report].map(
    (value, index) => `--test-reporter${index % 2 === 0 ? '' : '-destination'}=${value}`,
  );
  const spec = 'test/testing-kit/dist/chat.node-test.js';
  const timeout = within(1);
  try {
    const compiler = ['node_modules/typescript/bin/tsc', '-p', 'test/testing-kit/tsconfig.json'];
    if ((await run(process.execPath, compiler, { timeout })) !== 0) return crashed();
    const code = await run(process.execPath, ['--test', ...reporters, spec], { timeout });
    return existsSync(report) ? tapTotals(readFileSync(report, 'utf8'), code) : crashed();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The documentation: what its checks count, and the blocks that run. */
const checkDocs = async () =>
  sum([await script(2, 'test/docs/check.mjs')(), await jest(2, 'docs')()]);

async function checkPackage() {
  tarball = await pack();
  const timeout = within(2);
  return sum([
    check(await run('npx', ['--no', '--', 'publint', 'run', '--strict', tarball], { timeout })),
    check(await run('npx', ['--no', '--', 'attw', '--profile', 'node16', tarball], { timeout })),
  ]);
}

const steps = {
  // First: the samples are linted against the built package, as users see it.
  build: command(2, 'npm', 'run', 'build'),
  lint: command(2, 'npm', 'run', 'lint'),
  typecheck: command(2, 'npm', 'run', 'typecheck'),
  // From the TSDoc; what is public and not documented, and a link that leads nowhere, fail it.
  api: command(1, 'npm', 'run', 'docs:api'),
  package: checkPackage,
  docs: checkDocs,
  unit: jest(3, 'unit'),
  e2e: jest(9, 'e2e'),
  abuse: jest(3, 'abuse'),
  conformance: jest(3, 'conformance'),
  network: cutNetwork,
  lives: jest(3, 'lives', '--runInBand'),
  soak: command(5, 'node', 'test/soak/soak.mjs', '--minutes', '2', '--connections', '10000'),
  'node-test': nodeTest,
  sample: jest(4, 'sample', '--runInBand'),
  'nest-11': script(9, 'test/compat/nest-11.mjs'),
  'new-apps': script(7, 'test/compat/new-apps.mjs'),
};

async function runStep(name) {
  const start = Date.now();
  console.log(`\n=== ${name}`);
  const totals = await steps[name]().catch((error) => {
    console.log(error);
    return crashed();
  });
  return { name, ...totals, seconds: Math.round((Date.now() - start) / 1000) };
}

const chosen = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(steps);
const results = [];
for (const name of chosen) {
  if (Object.hasOwn(steps, name)) results.push(await runStep(name));
  else {
    console.log(`No step is named ${name}. There are: ${Object.keys(steps).join(', ')}`);
    results.push({ name, ...crashed(), seconds: 0 });
  }
}

console.log();
for (const { name, passed, failed, skipped, seconds } of results)
  console.log(
    `${failed > 0 ? 'FAILED' : 'ok    '} ${name.padEnd(10)} ${passed} passed, ${failed} failed, ${skipped} skipped (${seconds} s)`,
  );
const { passed, failed } = sum(results);
if (failed > 0 || passed === 0) process.exitCode = 1;
console.log(`${passed} passed, ${failed} failed`);
