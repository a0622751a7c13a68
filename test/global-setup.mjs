// jest's globalSetup: what tests load that is made of other files.
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import writeBundles from './commonjs-packages.mjs';
import { root } from './harness.mjs';

/** The page of `nestjs-revali-ws-asyncapi`, which its build puts beside its compiled sources. */
export const explorerFiles = 'node_modules/.cache/explorer/explorer.files.mjs';
const bundler = join(root, 'packages/asyncapi/scripts/explorer.mjs');

export default async function setUp() {
  writeBundles();
  // Copies of the repository need not have the package.
  if (existsSync(bundler)) await writeExplorer();
}

async function writeExplorer() {
  const { explorerModule } = await import(pathToFileURL(bundler).href);
  const path = join(root, explorerFiles);
  const draft = `${path}.${process.pid}`;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(draft, await explorerModule('esm'));
  renameSync(draft, path); // another jest may be reading it
}
