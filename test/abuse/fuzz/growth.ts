import type { ServerState } from './server.js';

/** Bytes that may be more at the end than after the warm-up: compiled code, and what caches hold. */
const TOLERANCE = { heap: 8 * 1024 * 1024, external: 2 * 1024 * 1024 };

/** What a server has more of than before, although nobody is there any more. */
export function faultsOfGrowth(before: ServerState, after: ServerState): string[] {
  const faults: string[] = [];
  for (const key of ['heap', 'external'] as const) {
    const growth = after[key] - before[key];
    if (growth > TOLERANCE[key]) faults.push(`${key} grew by ${growth} bytes`);
  }
  for (const [kind, is] of Object.entries(after.handles)) {
    const was = before.handles[kind] ?? 0;
    if (is > was) faults.push(`${kind}: ${was} before, ${is} afterwards`);
  }
  return faults;
}

/** What is under way in it, for the eyes. */
export function describeHeld({ held, open }: ServerState): string {
  const entries = held.map(({ kind, label }) => `${kind} ${label}`);
  return [...entries.slice(0, 30), `${held.length} in all`, `${open} open connections`].join(', ');
}

export function isQuiet({ held, open }: ServerState): boolean {
  return held.length === 0 && open === 0;
}
