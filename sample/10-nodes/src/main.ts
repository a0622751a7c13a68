import { fileURLToPath } from 'node:url';

import { startCluster } from './cluster/cluster.js';

const node = [fileURLToPath(new URL('node.js', import.meta.url))];

try {
  const cluster = await startCluster({ port: Number(process.env.PORT ?? 3000), node });
  console.log(`Open ${cluster.url}, and again in a second and a third tab`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void cluster.close());
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
