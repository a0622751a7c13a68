import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

import { balancerConfig } from './balancer.js';
import { Child } from './child.js';
import { freePorts } from './free.ports.js';
import { findPrograms } from './programs.js';

const NODES = ['a', 'b', 'c'];
/** Milliseconds that a killed node stays down. */
const RESTART_AFTER = 5_000;
const PATIENCE = 30_000;

export interface ClusterOptions {
  /** The load balancer's port. Default: a free one. */
  readonly port?: number;
  /** What `node` runs for each of the three, preceded by its arguments. */
  readonly node: readonly string[];
}

export interface Cluster {
  readonly url: string;
  close(): Promise<void>;
}

interface NodePlace {
  readonly name: string;
  readonly port: number;
}

/**
 * Redis, three nodes, and HAProxy in front of them.
 *
 * @throws Error if a program is missing or a process does not start.
 */
export async function startCluster({ port, node }: ClusterOptions): Promise<Cluster> {
  const programs = findPrograms();
  const [redisPort = 0, freePort = 0, ...nodePorts] = await freePorts(2 + NODES.length);
  const nodes = NODES.map((name, index) => ({ name, port: nodePorts[index] ?? 0 }));
  const folder = mkdtempSync(join(tmpdir(), 'three-nodes-'));
  const children: Child[] = [];
  const close = async (): Promise<void> => {
    // The balancer goes first, so nobody is sent to a node that is about to stop. Redis goes last.
    for (const child of children.splice(0).toReversed()) await child.end();
    rmSync(folder, { recursive: true, force: true });
  };
  const run = (name: string, args: readonly string[]): number =>
    children.push(new Child({ command: programs.get(name) ?? name, args }));
  try {
    run('redis-server', redisArguments(redisPort, folder));
    for (const place of nodes) children.push(startNode(place, node, redisPort));
    await Promise.all(nodes.map((place) => untilReady(place.port, children)));
    const config = join(folder, 'haproxy.cfg');
    writeFileSync(config, balancerConfig(port ?? freePort, nodes));
    run('haproxy', ['-db', '-f', config]);
    await untilReady(port ?? freePort, children);
    return { url: `http://localhost:${port ?? freePort}`, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function startNode({ name, port }: NodePlace, args: readonly string[], redisPort: number): Child {
  return new Child({
    command: process.execPath,
    args,
    restartAfter: RESTART_AFTER,
    env: {
      PORT: `${port}`,
      NODE_NAME: name,
      NODE_NAMES: NODES.join(','),
      REDIS_URL: `redis://127.0.0.1:${redisPort}`,
    },
  });
}

function redisArguments(port: number, folder: string): string[] {
  // Its data does not outlive the sample.
  const kept = ['--save', '', '--appendonly', 'no', '--dir', folder];
  return ['--port', `${port}`, '--bind', '127.0.0.1', ...kept, '--maxmemory-policy', 'noeviction'];
}

async function untilReady(port: number, children: readonly Child[]): Promise<void> {
  const end = Date.now() + PATIENCE;
  while (Date.now() < end) {
    const ended = children.find(({ hasEnded }) => hasEnded);
    if (ended) throw new Error(`${ended.name} has ended. Where it says why, that is above.`);
    const answer = await fetch(`http://127.0.0.1:${port}/ready`).catch(() => undefined);
    if (answer?.ok) return;
    await setTimeout(100);
  }
  throw new Error(`Nothing answers on port ${port} after ${PATIENCE / 1_000} s.`);
}
