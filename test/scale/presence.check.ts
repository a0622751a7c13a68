import { eventually } from '../support/deadline.js';
import type { ScaleClient } from './client.js';
import type { NodeProcess } from './node.process.js';

/** Milliseconds after which nobody of a dead node is there any more. */
const GONE_AFTER = 20_000;
/** And at least this long, as the machine may be busy. */
const LEAST = 5_000;

export interface PresenceParts {
  readonly rooms: readonly string[];
  readonly nodes: readonly NodeProcess[];
  /** Each is in one of the rooms, in turn. */
  readonly clients: readonly ScaleClient[];
  /** When processes with members were killed, in ms of `performance.now()`. */
  readonly deaths: readonly number[];
}

/**
 * Waits until who is present is who is connected: no more and no less, for those who ask and those who watch.
 *
 * @returns Milliseconds since the last death.
 * @throws DeadlineError 20 s after it
 */
export async function checkPresence(parts: PresenceParts): Promise<number> {
  const last = Math.max(0, ...parts.deaths);
  const ms = Math.max(LEAST, last + GONE_AFTER - performance.now());
  await Promise.all(parts.rooms.map((room, index) => checkRoom(parts, room, index, ms)));
  return last === 0 ? 0 : performance.now() - last;
}

async function checkRoom(
  { rooms, nodes, clients }: PresenceParts,
  room: string,
  index: number,
  ms: number,
): Promise<void> {
  const expected = clients
    .filter((_, number) => number % rooms.length === index)
    .map(({ key }) => key);
  for (const node of nodes)
    for (const worker of node.places)
      await eventually(
        async () => {
          const { read, watched, failed } = await node.presence(room, worker);
          if (failed !== undefined) throw new Error(failed);
          assertSame(read ?? [], expected, 'read');
          assertSame(watched ?? [], expected, 'watched');
        },
        `who is in ${room}, as node ${node.name} sees it`,
        ms,
      );
}

function assertSame(seen: readonly string[], expected: readonly string[], how: string): void {
  const ghosts = seen.filter((key) => !expected.includes(key));
  const missing = expected.filter((key) => !seen.includes(key));
  if (ghosts.length + missing.length > 0)
    throw new Error(
      `${how}: ghosts ${ghosts.join(' ') || '-'}, missing ${missing.join(' ') || '-'}`,
    );
}
