// The packages beside the root's, one a folder of `packages/`. As a script, `node scripts/packages.mjs typecheck`, it
// runs one of their npm scripts in each; one that a package does not have is an error.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const top = join(root, 'packages');

/** Those that others depend on come first. */
export function packages() {
  if (!existsSync(top)) return [];
  const found = readdirSync(top)
    .map((name) => join('packages', name))
    .filter((folder) => existsSync(join(root, folder, 'package.json')))
    .map((folder) => ({ folder, manifest: manifestIn(folder) }));
  return inOrder(found);
}

/** Those that the registry gets. */
export const publishedPackages = () => packages().filter(({ manifest }) => !manifest.private);

function manifestIn(folder) {
  return JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
}

function inOrder(all) {
  const sorted = new Set();
  const visit = (one, path = []) => {
    if (path.includes(one)) throw new Error(`${one.folder} depends on itself`);
    const { dependencies, devDependencies, peerDependencies } = one.manifest;
    const needed = { ...dependencies, ...devDependencies, ...peerDependencies };
    for (const other of all)
      if (Object.hasOwn(needed, other.manifest.name)) visit(other, [...path, one]);
    sorted.add(one);
  };
  for (const one of all) visit(one);
  return [...sorted];
}

/** Runs an npm script in each of them, or of those named, up to the first that fails. */
export function runInPackages(script, chosen = packages()) {
  for (const { folder } of chosen)
    execFileSync('npm', ['run', script, '--workspace', folder], { cwd: root, stdio: 'inherit' });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    runInPackages(process.argv[2]);
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
