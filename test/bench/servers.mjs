// Compiles the servers: against the package and the Nest of this repository, or of a folder elsewhere.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mustRun, root } from '../harness.mjs';
import { prepareNest11 } from './nest-11.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));

/** @returns The folder of the compiled servers. */
export async function prepareServers(nest) {
  if (nest === '11') return prepareNest11(join(here, 'servers'));
  if (nest !== undefined && nest !== '12') throw new Error(`--nest is 11 or 12, not ${nest}`);
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  await mustRun(process.execPath, [tsc, '-p', join(here, 'tsconfig.json')]);
  return join(here, 'dist');
}
