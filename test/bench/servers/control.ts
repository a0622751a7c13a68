import { Session } from 'node:inspector/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** `process.memoryUsage()` moves for a while after many connections: garbage, and pages that the allocator keeps. */
const COLLECTIONS = 4;
const SAMPLING_INTERVAL_US = 200;
/** Enough for the young generation to reach its full size: objects that are made, and that live at a time. */
const MADE = 3_000_000;
const ALIVE = 100_000;

const profiler = new Session();

/** What the bench asks for, by name. */
export type Commands = Record<string, (values: never) => unknown>;

const commonCommands: Commands = {
  usage: () => {
    const { user, system } = process.cpuUsage();
    return { cpuMs: (user + system) / 1000, atMs: performance.now() };
  },

  memory: async () => {
    for (let count = 0; count < COLLECTIONS; count += 1) {
      globalThis.gc?.();
      await sleep(50);
    }
    growYoungGeneration();
    // What it has grown to is given back later than this.
    globalThis.gc?.();
    globalThis.gc?.();
    const { heapUsed, external, rss } = process.memoryUsage();
    return { heap: heapUsed + external, rss };
  },

  startProfile: async () => {
    profiler.connect();
    await profiler.post('Profiler.enable');
    await profiler.post('Profiler.setSamplingInterval', { interval: SAMPLING_INTERVAL_US });
    await profiler.post('Profiler.start');
  },

  stopProfile: async () => (await profiler.post('Profiler.stop')).profile,
};

/**
 * It takes up to 32 MB, once, however many connections there are, and V8 gives it that room at some time or other: as
 * much as 3 KB for each of 10,000 connections, or nothing. So it shall have it whenever memory is measured.
 */
function growYoungGeneration(): void {
  const alive: object[] = [];
  for (let made = 0; made < MADE; made += 1) alive[made % ALIVE] = { made };
}

/**
 * Starts a server, tells the bench its port and answers what the bench asks, until the bench is gone.
 *
 * @param more Commands of this server alone. The bench sends a name, or an object with a name and values.
 */
export function serve(start: () => Promise<number | number[]>, more: Commands = {}): void {
  const commands = { ...commonCommands, ...more };
  process.on('disconnect', () => process.exit());
  process.on('message', (message: string | { readonly command: string }) => {
    const [name, values] = typeof message === 'string' ? [message, {}] : [message.command, message];
    void answer(() => commands[name]?.(values as never));
  });
  const began = performance.now();
  void answer(async () => {
    const port = await start();
    return { port, bootMs: performance.now() - began };
  });
}

async function answer(work: () => unknown): Promise<void> {
  try {
    process.send?.({ value: await work() });
  } catch (error) {
    process.send?.({ failed: String(error) });
  }
}
