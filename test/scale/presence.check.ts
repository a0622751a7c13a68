import { eventually } from '../support/deadline.js';
import type { ScaleClient } from './client.js';
import type { NodeProcess } from './node.process.js';

/** Milliseconds in which it must be so, once nothing goes wrong any more. */
const SETTLED_AFTER = 10_000;

export interface PresenceParts {
  readonly rooms: readonly string[];
  readonly nodes: readonly NodeProcess[];
  /** Each is in one of the rooms, in turn. */
  readonly clients: readonly ScaleClient[];
}

/**
 * Waits until who is present is who is connected: no more and no less, for those who ask and those who watch.
 *
 * @throws DeadlineError when it is not so in time
 */
export async function checkPresence(parts: PresenceParts): Promise<void> {
  await Promise.all(parts.rooms.map((room, index) => checkRoom(parts, room, index)));
}

async function checkRoom(
  { rooms, nodes, clients }: PresenceParts,
  room: string,
  index: number,
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
        SETTLED_AFTER,
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
