import type { NodePresence, PresenceChangeRecord, RoomKey } from '../room.broker.js';
import {
  COUNT_ROOM,
  LEAVE,
  READ_ROOM,
  REAP,
  RENEW,
  WRITE,
  WRITE_COUNT,
} from './presence.scripts.js';
import type { RedisArgument } from './redis.client.js';
import type { RedisNames } from './redis.names.js';
import type { RedisScript } from './redis.script.js';

/** Milliseconds between checks for expired leases. */
const REAP_INTERVAL = 2_500;
/** Changes in one command. */
const BATCH = 512;

export interface PresenceParts {
  readonly names: RedisNames;
  readonly isReady: () => boolean;
  /** @throws BrokerUnavailableException (as a rejection) */
  run(
    script: RedisScript,
    keys: readonly string[],
    args: readonly RedisArgument[],
  ): Promise<unknown>;
}

/** Presence in the rooms of one server. */
export class RedisPresence {
  private reaper: NodeJS.Timeout | undefined;
  private isClosed = false;

  constructor(private readonly parts: PresenceParts) {}

  async renew(node: string, ms: number): Promise<boolean> {
    return (await this.run(RENEW, node, ms)) === 1;
  }

  async write(node: string, changes: readonly PresenceChangeRecord[]): Promise<void> {
    const batches: Promise<unknown>[] = [];
    for (let start = 0; start < changes.length; start += BATCH) {
      const args = changes.slice(start, start + BATCH).flatMap(argumentsOf);
      batches.push(this.run(WRITE, node, ...args));
    }
    await Promise.all(batches);
  }

  async writeCount(node: string, room: RoomKey, connections: number): Promise<void> {
    await this.run(WRITE_COUNT, node, room, connections);
  }

  async read(room: RoomKey): Promise<NodePresence[]> {
    return listIn(await this.run(READ_ROOM, room)).map((answer) => {
      const [node, change, count, members] = listIn(answer);
      const fields = listIn(members);
      const entries: { connection: string; member: string }[] = [];
      for (let index = 0; index + 1 < fields.length; index += 2)
        entries.push({ connection: textIn(fields[index]), member: textIn(fields[index + 1]) });
      return {
        node: textIn(node),
        change: Number(textIn(change)),
        entries,
        connections: Number(textIn(count)),
      };
    });
  }

  async count(room: RoomKey): Promise<number> {
    return Number(textIn(await this.run(COUNT_ROOM, room)));
  }

  async leave(node: string): Promise<void> {
    await this.run(LEAVE, node);
  }

  close(): void {
    this.isClosed = true;
    clearInterval(this.reaper);
  }

  private run(script: RedisScript, ...args: RedisArgument[]): Promise<unknown> {
    this.startReaper();
    const { names } = this.parts;
    const { gone, leases, members, nodeRooms, roomNodes } = names;
    return this.parts.run(script, [leases], [nodeRooms, roomNodes, members, gone, ...args]);
  }

  /** Starts with the first use of presence. */
  private startReaper(): void {
    if (this.isClosed) return;
    this.reaper ??= setInterval(() => {
      // The next run finds what this one misses.
      if (this.parts.isReady()) this.run(REAP).catch(() => undefined);
    }, REAP_INTERVAL).unref();
  }
}

const argumentsOf = ({
  room,
  change,
  connection,
  member,
}: PresenceChangeRecord): RedisArgument[] => [
  room,
  change,
  connection,
  member ?? '',
  member === undefined ? '0' : '1',
];

const listIn = (answer: unknown): readonly unknown[] => (Array.isArray(answer) ? answer : []);

const textIn = (answer: unknown): string => (Buffer.isBuffer(answer) ? answer.toString() : '');
