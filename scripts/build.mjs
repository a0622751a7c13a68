// One source, two builds: `nest build` makes the ES modules, tsc the CommonJS ones beside them. The packages
// of `packages/`, which use them, are built after that.
// With --if-changed only where a source is newer than the last whole build.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packages, runInPackages } from './packages.mjs';

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
const allIn = (folder) => [
  folder,
  ...readdirSync(join(root, folder), { recursive: true }).map((file) => join(folder, file)),
];

const isOlder = (files, than) =>
  existsSync(than) &&
  files.every((file) => statSync(join(root, file)).mtimeMs < statSync(than).mtimeMs);

const isFresh = () => isOlder([...allIn('lib'), ...settings], finished);

/** Of what a package has, all that its build may read. */
function sourcesOf(folder) {
  return readdirSync(join(root, folder))
    .filter((name) => !['dist', 'node_modules', 'test'].includes(name))
    .map((name) => join(folder, name))
    .flatMap((path) => (statSync(join(root, path)).isDirectory() ? allIn(path) : [path]));
}

/** Packages write the same file last. */
const isPackageFresh = ({ folder }) =>
  isOlder(
    [...sourcesOf(folder), ...settings, 'dist/cjs/package.json'],
    join(root, folder, 'dist/cjs/package.json'),
  );

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

const ifChanged = process.argv.includes('--if-changed');
if (!ifChanged || !isFresh()) build();
runInPackages(
  'build',
  packages().filter((each) => !ifChanged || !isPackageFresh(each)),
);
