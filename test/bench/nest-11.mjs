// A CommonJS application with Nest 11 outside the repository, for the servers to run in.
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nest11Dependencies, nest11Tsconfig } from '../compat/nest-11.project.mjs';
import { npmInstall, pack, reuse, workspace } from '../compat/workspace.mjs';
import { mustRun } from '../harness.mjs';

const project = join(workspace, 'nest-11-bench');

function writeJson(name, value) {
  writeFileSync(join(project, name), `${JSON.stringify(value, null, 2)}\n`);
}

function writeTsconfig() {
  const { compilerOptions } = nest11Tsconfig(['node']);
  const folders = { rootDir: 'servers', outDir: 'dist' };
  const tsconfig = { compilerOptions: { ...compilerOptions, ...folders }, include: ['servers'] };
  writeJson('tsconfig.json', tsconfig);
}

/**
 * Needs a built package.
 *
 * @param sources The folder of the servers' sources.
 * @returns The folder of the compiled servers.
 */
export async function prepareNest11(sources) {
  const installed = reuse && existsSync(join(project, 'node_modules'));
  if (!installed) rmSync(project, { recursive: true, force: true });
  mkdirSync(project, { recursive: true });
  const dependencies = {
    ...nest11Dependencies(),
    'nestjs-revali-ws': `file:${await pack()}`,
    jsonwebtoken: '^9.0.2',
    zod: '^4.6.7',
  };
  writeJson('package.json', { name: 'nest-11-bench', private: true, dependencies });
  writeTsconfig();
  await npmInstall(project);
  for (const folder of ['servers', 'dist'])
    rmSync(join(project, folder), { recursive: true, force: true });
  cpSync(sources, join(project, 'servers'), { recursive: true });
  await mustRun(process.execPath, ['node_modules/typescript/bin/tsc'], { cwd: project });
  return join(project, 'dist');
}
