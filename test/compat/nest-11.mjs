// Runs the end-to-end tests against the packed package in a CommonJS project with Nest 11, jest and
// plain ts-jest.  node test/compat/nest-11.mjs [totals.json] [jest arguments]
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { root, run, runNodeTest, runTests, sum } from '../harness.mjs';
import { installBothBuilds } from './both-builds/install.mjs';
import { nest11Dependencies, nest11Tsconfig } from './nest-11.project.mjs';
import { nodeBinary } from './node-binary.mjs';
import { npmInstall, packedPackage, reuse, workspace } from './workspace.mjs';

const [totalsFile, ...jestArguments] = process.argv.slice(2);
const project = join(workspace, 'nest-11');

const jestConfig = {
  testEnvironment: 'node',
  rootDir: 'test',
  testRegex: '.*\\.e2e-spec\\.ts$',
  transform: { '^.+\\.ts$': 'ts-jest' },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  testTimeout: 20_000,
  maxWorkers: 2,
};

const writeJson = (name, value) =>
  writeFileSync(join(project, name), `${JSON.stringify(value, null, 2)}\n`);

async function install(tarball) {
  const installed = reuse && existsSync(join(project, 'node_modules'));
  if (!installed) rmSync(project, { recursive: true, force: true });
  mkdirSync(project, { recursive: true });
  writeJson('package.json', {
    name: 'nest-11',
    private: true,
    dependencies: { ...nest11Dependencies(), 'nestjs-revali-ws': `file:${tarball}` },
    jest: jestConfig,
  });
  writeJson('tsconfig.json', nest11Tsconfig(['node', 'jest']));
  await npmInstall(project);
}

function copyTests() {
  rmSync(join(project, 'test'), { recursive: true, force: true });
  for (const folder of ['e2e', 'support'])
    cpSync(join(root, 'test', folder), join(project, 'test', folder), { recursive: true });
}

/** The oldest that the package supports. */
const node = (await nodeBinary('20.19.0')) ?? process.execPath;
await install(await packedPackage());
copyTests();
const totals = sum([
  await runNodeTest(installBothBuilds(project), { cwd: project }),
  await runTests((report) =>
    run(
      node,
      ['node_modules/jest/bin/jest.js', '--json', `--outputFile=${report}`, ...jestArguments],
      { cwd: project },
    ),
  ),
]);
console.log('Nest 11:', totals);
if (totalsFile) writeFileSync(resolve(totalsFile), JSON.stringify(totals));
if (totals.failed > 0) process.exitCode = 1;
