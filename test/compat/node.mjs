// The unit tests or the end-to-end tests on another version of Node.
//   node test/compat/node.mjs totals.json 24 unit|e2e [jest's patterns of end-to-end tests; none: all]
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { mustRun, root, run, runTests } from '../harness.mjs';
import { testFilesIn, writeSuites } from '../suites.mjs';
import { nodeBinary } from './node-binary.mjs';

const [totalsFile, version, project, ...patterns] = process.argv.slice(2);
const NODE_OPTIONS = '--experimental-vm-modules --disable-warning=ExperimentalWarning';

const jest = (node, ...args) =>
  runTests((report) =>
    run(node, ['node_modules/jest/bin/jest.js', '--json', `--outputFile=${report}`, ...args], {
      env: { NODE_OPTIONS },
      timeout: 1_200_000,
    }),
  );

async function testOn(node) {
  await mustRun(node, ['--version']);
  if (project !== 'e2e') return jest(node, '--selectProjects', project);
  // A pattern matches the start of a file's name: folders have some of these names, too.
  const paths = patterns.map((pattern) => `test/e2e/(.*/)?${pattern}[^/]*$`);
  const suites = `.suites/node-${version}`;
  writeSuites(join(root, suites), testFilesIn(join(root, 'test/e2e'), paths), '.suite.ts');
  // The path first: jest takes for projects what comes after the option.
  return jest(node, `${suites}/`, '--selectProjects', 'suites');
}

const binary = await nodeBinary(version);
if (!binary) console.log(`Left out: Node ${version} is fetched for Linux on x64 alone.`);
const totals = binary ? await testOn(binary) : { passed: 0, failed: 0, skipped: 0 };
console.log(`Node ${version}:`, totals);
writeFileSync(resolve(totalsFile), JSON.stringify(totals));
if (totals.failed > 0) process.exitCode = 1;
