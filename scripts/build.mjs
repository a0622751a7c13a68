// One source, two builds: `nest build` makes the ES modules, tsc the CommonJS ones beside them. The packages
// of `packages/`, which use them, are built after that.
// With --if-changed the root's only where a source is newer than the last whole build.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runInPackages } from './packages.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
/** Written last. */
const finished = join(root, 'dist/cjs/package.json');

const run = (script, ...args) =>
  execFileSync(process.execPath, [join(root, 'node_modules', script), ...args], {
    cwd: root,
    stdio: 'inherit',
  });

/** Beside `lib` itself. */
const settings = [
  'nest-cli.json',
  'package.json',
  'scripts/build.mjs',
  'tsconfig.build.json',
  'tsconfig.cjs.json',
  'tsconfig.json',
];

/** Folders count too: they change when a file is added or removed. */
function isFresh() {
  if (!existsSync(finished)) return false;
  const built = statSync(finished).mtimeMs;
  const sources = readdirSync(join(root, 'lib'), { recursive: true });
  return ['lib', ...sources.map((file) => join('lib', file)), ...settings].every(
    (file) => statSync(join(root, file)).mtimeMs < built,
  );
}

function build() {
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  run('@nestjs/cli/bin/nest.js', 'build');
  run('typescript/bin/tsc', '-p', 'tsconfig.cjs.json');
  // Beside the generators: their collection, schemas and templates.
  cpSync(join(root, 'lib/schematics'), join(root, 'dist/cjs/schematics'), {
    recursive: true,
    filter: (path) => !path.endsWith('.ts'),
  });
  // The package is "type": "module"; this file turns the folder back to CommonJS.
  writeFileSync(finished, '{ "type": "commonjs" }\n');
}

if (!process.argv.includes('--if-changed') || !isFresh()) build();
runInPackages('build');
