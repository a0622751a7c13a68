import { fileURLToPath } from 'node:url';

import { startCluster, type Cluster } from '../src/cluster/cluster.js';

const at = (path: string): URL => new URL(path, import.meta.url);

/** The nodes are processes of their own, and run the sources as this test does. */
export function startNodes(): Promise<Cluster> {
  const fromSources = at('../../../test/support/from-sources.mjs').href;
  return startCluster({ node: ['--import', fromSources, fileURLToPath(at('../src/node.ts'))] });
}
