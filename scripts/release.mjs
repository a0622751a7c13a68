// `npm run release`: what must be so before a version is published, then the publication itself.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const run = (command, ...args) => execFileSync(command, args, { cwd: root, stdio: 'inherit' });

/** @returns What keeps the version from being published, each with its cure. */
function obstacles() {
  const { repository } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const pending = readdirSync(join(root, '.changeset')).filter(
    (name) => name.endsWith('.md') && name !== 'README.md',
  );
  return [
    ...(repository === undefined
      ? ['package.json has no "repository": npm compares it with the provenance. Add it.']
      : []),
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
run(process.execPath, join(root, 'test/run.mjs'), 'build', 'package');
run('npx', '--no', '--', 'changeset', 'publish');
