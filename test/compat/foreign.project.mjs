// A CommonJS project outside the repository that runs tests of it, with jest and plain ts-jest, against the packed package.
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, run, runTests } from '../harness.mjs';
import { testFilesIn, writeSuites } from '../suites.mjs';
import { nest11Tsconfig } from './nest-11.project.mjs';
import { npmInstall, reuse, workspace } from './workspace.mjs';

const jestConfig = {
  testEnvironment: 'node',
  rootDir: 'test',
  testRegex: '.*\\.e2e-spec\\.ts$',
  transform: { '^.+\\.ts$': 'ts-jest' },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  testTimeout: 60_000,
  maxWorkers: 2,
};

/** @returns Its folder, with the packages installed and the tests in place. */
export async function foreignProject(name, { dependencies, tarball, tests }) {
  const project = join(workspace, name);
  const installed = reuse && existsSync(join(project, 'node_modules'));
  if (!installed) rmSync(project, { recursive: true, force: true });
  mkdirSync(project, { recursive: true });
  const writeJson = (file, value) =>
    writeFileSync(join(project, file), `${JSON.stringify(value, null, 2)}\n`);
  writeJson('package.json', {
    name,
    private: true,
    dependencies: { ...dependencies, 'nestjs-revali-ws': `file:${tarball}` },
    jest: jestConfig,
  });
  writeJson('tsconfig.json', nest11Tsconfig(['node', 'jest']));
  await npmInstall(project);
  rmSync(join(project, 'test'), { recursive: true, force: true });
  for (const folder of [...tests, 'support'])
    cpSync(join(root, 'test', folder), join(project, 'test', folder), { recursive: true });
  return project;
}

/** @param node The binary that runs it. */
export const jestIn = (project, node, args) =>
  runTests((report) =>
    run(node, ['node_modules/jest/bin/jest.js', '--json', `--outputFile=${report}`, ...args], {
      cwd: project,
      // For Nest 12, which is made of ES modules.
      env: { NODE_OPTIONS: '--experimental-vm-modules --disable-warning=ExperimentalWarning' },
    }),
  );

/** All of its tests, or those whose path matches one of the patterns. */
export function suitesIn(project, node, patterns) {
  const tests = join(project, 'test');
  const suites = join(tests, 'suites');
  rmSync(suites, { recursive: true, force: true });
  writeSuites(suites, testFilesIn(tests, patterns), '.e2e-spec.ts');
  return jestIn(project, node, ['/test/suites/']);
}
