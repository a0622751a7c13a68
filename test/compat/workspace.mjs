// Where foreign applications are set up. It lies outside the repository on purpose: Node, TypeScript
// and jest look for packages in parent folders too, and would find the repository's own there.
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { mustRun, root } from '../harness.mjs';

const digest = (data) => createHash('sha256').update(data).digest('hex').slice(0, 12);

/** Set to 1 to keep the packages that an earlier run installed; only ours is installed anew. */
export const reuse = process.env.COMPAT_REUSE === '1';

export const workspace = resolve(
  process.env.COMPAT_DIR ?? join(tmpdir(), `nestjs-revali-ws-compat-${digest(root)}`),
);
mkdirSync(workspace, { recursive: true });

/** The package as npm would publish it; `COMPAT_TARBALL` names one that is built already. */
export async function packedPackage(options) {
  if (process.env.COMPAT_TARBALL) return resolve(process.env.COMPAT_TARBALL);
  await mustRun('npm', ['run', 'build'], options);
  return pack(options);
}

/** @param from The folder of a package, seen from the root. */
export async function pack(options, from = '.') {
  const cwd = join(root, from);
  const { name, version } = JSON.parse(readFileSync(join(cwd, 'package.json'), 'utf8'));
  // As npm writes the name of a package with a scope.
  const flat = name.replace('@', '').replace('/', '-');
  const folder = join(workspace, 'packed', flat);
  mkdirSync(folder, { recursive: true });
  // Steps of one run pack the same package at the same time: none takes away what another has made.
  const draft = mkdtempSync(join(folder, 'draft-'));
  await mustRun(
    'npm',
    ['pack', '--ignore-scripts', '--loglevel=error', '--pack-destination', draft],
    { ...options, cwd },
  );
  const packed = join(draft, `${flat}-${version}.tgz`);
  // Named after its content, so that npm never takes an older one for the same.
  const tarball = join(folder, `${flat}-${version}-${digest(readFileSync(packed))}.tgz`);
  renameSync(packed, tarball);
  rmSync(draft, { recursive: true });
  return tarball;
}

/** What was fetched before, for the repository itself, need not be asked for again. */
export const npmInstall = (cwd, ...packages) =>
  mustRun(
    'npm',
    ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error', ...packages],
    { cwd },
  );
