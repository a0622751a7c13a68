import { Session } from 'node:inspector/promises';
import { monitorEventLoopDelay, PerformanceObserver, constants } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

/** `process.memoryUsage()` moves for a while after many connections: garbage, and pages that the allocator keeps. */
const COLLECTIONS = 4;
const SAMPLING_INTERVAL_US = 200;
/** Enough for the young generation to reach its full size: objects that are made, and that live at a time. */
const MADE = 3_000_000;
const ALIVE = 100_000;

const NANOSECONDS = 1e6;

const profiler = new Session();
const loopDelay = monitorEventLoopDelay({ resolution: 10 });
const longest = { minor: 0, major: 0 };

/** What the bench asks for, by name. */
export type Commands = Record<string, (values: never) => unknown>;

const commonCommands: Commands = {
  usage: () => {
    const { user, system } = process.cpuUsage();
    const { maxRSS } = process.resourceUsage();
    return { cpuMs: (user + system) / 1000, atMs: performance.now(), mostKiB: maxRSS };
  },

  /** From now on, pauses are watched. */
  watchPauses: () => {
    loopDelay.enable();
    loopDelay.reset();
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        const kind = kindOf(entry) === constants.NODE_PERFORMANCE_GC_MINOR ? 'minor' : 'major';
        longest[kind] = Math.max(longest[kind], entry.duration);
      }
    }).observe({ entryTypes: ['gc'] });
  },

  /** In ms: how long the event loop stood still, and the longest collections of what is made now. */
  pauses: async () => {
    const stall = loopDelay.max / NANOSECONDS;
    loopDelay.disable();
    growYoungGeneration();
    globalThis.gc?.();
    // The observer is told later.
    await sleep(100);
    return { stall, ...longest };
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

function kindOf(entry: object): unknown {
  const detail: unknown = Reflect.get(entry, 'detail');
  return typeof detail === 'object' && detail !== null ? Reflect.get(detail, 'kind') : undefined;
}

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
