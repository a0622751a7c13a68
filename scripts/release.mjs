// `npm run release`: what must be so before a version is published, then the publication itself.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packages, publishedPackages } from './packages.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const run = (command, ...args) => execFileSync(command, args, { cwd: root, stdio: 'inherit' });

const lacksRepository = (file) =>
  JSON.parse(readFileSync(join(root, file), 'utf8')).repository === undefined;

/** @returns What keeps the version from being published, each with its cure. */
function obstacles() {
  const folders = ['.', ...publishedPackages().map(({ folder }) => folder)];
  const pending = readdirSync(join(root, '.changeset')).filter(
    (name) => name.endsWith('.md') && name !== 'README.md',
  );
  return [
    ...folders
      .map((folder) => join(folder, 'package.json'))
      .filter(lacksRepository)
      .map((file) => `${file} has no "repository": npm compares it with the provenance. Add it.`),
    ...(pending.length > 0
      ? [`${pending.length} changesets are not released: run "npx changeset version" and commit.`]
      : []),
  ];
}

const found = obstacles();
if (found.length > 0) {
  for (const obstacle of found) console.error(obstacle);
  process.exit(1);
}
const checks = ['build', 'package', ...(packages().length > 0 ? ['packages'] : [])];
run(process.execPath, join(root, 'test/run.mjs'), ...checks);
run('npx', '--no', '--', 'changeset', 'publish');
