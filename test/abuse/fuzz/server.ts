// The fuzzed application, in a process of its own: node server.ts SETUP-AS-JSON. It answers on the channel of `fork`.
import 'reflect-metadata';
import type { INestApplication } from '@nestjs/common';
import { RevaliWsMetrics } from 'nestjs-revali-ws';
import { Server } from 'node:net';
import { inspect } from 'node:util';

import { collectGarbage } from '../../support/faults/garbage.js';
import { sleep } from '../../support/deadline.js';
import { startFuzzed } from './application.js';
import { Ledger, type Held } from './ledger.js';
import { isSecure, type Setup } from './setups.js';

export type Command = 'state' | 'measure' | 'close';

/** What the server says of itself. */
export interface ServerState {
  readonly held: readonly Held[];
  /** Connections of routes, as the metrics count them. */
  readonly open: number;
  /** Bytes that are alive. */
  readonly heap: number;
  readonly external: number;
  /** What holds the process, by kind, and the listeners of server and process, by event. */
  readonly handles: Readonly<Record<string, number>>;
}

/** Garbage is collected in steps: buffers after the objects that held them. */
const COLLECTIONS = 4;

const ledger = new Ledger();
const setup = JSON.parse(process.argv[2] ?? '') as Setup;
const app = await startFuzzed(setup, ledger);
const server = serverOf(app);
ledger.watch(server, isSecure(setup) ? 'secureConnection' : 'connection');
const metrics = app.get(RevaliWsMetrics);

// It goes on, so that one fault does not hide the others; each is a finding all the same.
process.on('uncaughtException', (error, origin) => {
  // Who started it is gone, and to tell it would throw again, for ever.
  if (!process.connected) process.exit(1);
  process.send?.({ uncaught: `${origin}: ${inspect(error)}` });
});
process.on('message', (command: Command) => void answer(command));
process.on('disconnect', () => process.exit());
process.send?.({ port: portOf(server) });

async function answer(command: Command): Promise<void> {
  if (command === 'close') await app.close();
  if (command !== 'state') await collect();
  process.send?.(state());
}

async function collect(): Promise<void> {
  for (let count = 0; count < COLLECTIONS; count += 1) {
    collectGarbage();
    await sleep(50);
  }
}

function state(): ServerState {
  const { heapUsed, external } = process.memoryUsage();
  return {
    held: ledger.list(),
    open: metrics.snapshot().connections.open,
    heap: heapUsed,
    external,
    handles: handles(),
  };
}

function handles(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1;
  for (const event of server.eventNames())
    counts[`listeners of server ${String(event)}`] = server.listenerCount(event);
  for (const event of process.eventNames())
    counts[`listeners of process ${String(event)}`] = process.listenerCount(event);
  return counts;
}

function serverOf(application: INestApplication): Server {
  const found: unknown = application.getHttpServer();
  if (found instanceof Server) return found;
  throw new Error('the application has no server');
}

function portOf(listening: Server): number {
  const address = listening.address();
  if (typeof address === 'object' && address !== null) return address.port;
  throw new Error('the application has no port');
}
