import { newTag } from '../position.tag.js';
import type {
  HistoryEntry,
  HistoryLimits,
  HistoryPage,
  HistoryStep,
  RoomKey,
  RoomPosition,
} from '../room.broker.js';

/** Milliseconds that a room without history or links keeps its position, so that clients can resume. */
export const IDLE_AGE = 24 * 60 * 60 * 1_000;
/** The maximum number of such rooms; above that, the most recently used are kept. */
export const MAX_IDLE = 100_000;

interface RoomRecord {
  last: RoomPosition;
  /** Oldest first, each the successor of the one before. */
  readonly entries: HistoryEntry[];
  /** The limits of the last publish. */
  limits: HistoryLimits;
  usedAt: number;
}

/** The history of rooms. */
export class RoomHistories {
  private readonly records = new Map<RoomKey, RoomRecord>();

  /** @param isSubscribed Whether a link has subscribed to the room. */
  constructor(private readonly isSubscribed: (room: RoomKey) => boolean) {}

  /** Number of rooms. */
  get size(): number {
    return this.records.size;
  }

  append(room: RoomKey, packet: Buffer, limits: HistoryLimits): HistoryStep {
    const record = this.recordOf(room);
    const { offset, tag: prev } = record.last;
    const step: HistoryStep = { offset: offset + 1, tag: newTag(), prev };
    record.entries.push({ step, packet, time: record.usedAt });
    record.last = positionOf(step);
    record.limits = limits;
    trim(record, record.usedAt);
    return step;
  }

  read(room: RoomKey, after: RoomPosition | undefined, limit: number): HistoryPage {
    const record = this.recordOf(room);
    trim(record, record.usedAt);
    const { entries, last } = record;
    if (limit <= 0) return { entries: [], last };
    if (!after) return { entries: entries.slice(-limit), last };
    const oldest = entries[0]?.step.offset ?? last.offset + 1;
    const start = Math.max(0, after.offset + 1 - oldest);
    return { entries: entries.slice(start, start + limit), last };
  }

  knows(room: RoomKey): boolean {
    return this.records.has(room);
  }

  position(room: RoomKey): RoomPosition {
    return this.recordOf(room).last;
  }

  /**
   * Forgets the newest messages, whose offsets are then used again.
   *
   * @param count Default: half of those that are kept.
   * @throws RangeError
   */
  fork(room: RoomKey, count?: number): void {
    const { entries = [] } = this.records.get(room) ?? {};
    const start = entries.length - (count ?? Math.ceil(entries.length / 2));
    const first = entries[start];
    if (!first)
      throw new RangeError(
        `Room "${room}" cannot lose ${count ?? 'half of its'} messages: ${entries.length} are kept. ` +
          'Publish them with history first, and name the room as "<kind>/<name>".',
      );
    entries.splice(start);
    this.recordOf(room).last = { offset: first.step.offset - 1, tag: first.step.prev };
  }

  clear(): void {
    this.records.clear();
  }

  /** Drops expired data, so that rooms that come and go leave nothing. */
  sweep(now: number): void {
    const idle: [RoomKey, RoomRecord][] = [];
    for (const [room, record] of this.records) {
      trim(record, now);
      if (record.entries.length === 0 && !this.isSubscribed(room)) idle.push([room, record]);
    }
    idle.sort(([, one], [, other]) => other.usedAt - one.usedAt);
    for (const [index, [room, { usedAt }]] of idle.entries())
      if (index >= MAX_IDLE || now - usedAt >= IDLE_AGE) this.records.delete(room);
  }

  /** A dropped room comes back with another tag, so its offsets do not continue the old ones. */
  private recordOf(room: RoomKey): RoomRecord {
    const usedAt = Date.now();
    const present = this.records.get(room);
    if (present) return Object.assign(present, { usedAt });
    const last: RoomPosition = { offset: 0, tag: newTag() };
    const record: RoomRecord = { last, entries: [], limits: { messages: 0, age: 0 }, usedAt };
    this.records.set(room, record);
    return record;
  }
}

const positionOf = ({ offset, tag }: HistoryStep): RoomPosition => ({ offset, tag });

function trim({ entries, limits }: RoomRecord, now: number): void {
  const isDue = ({ time }: HistoryEntry): boolean => now - time >= limits.age;
  let due = Math.max(0, entries.length - limits.messages);
  for (let entry = entries[due]; entry && isDue(entry); entry = entries[due]) due += 1;
  if (due > 0) entries.splice(0, due);
}
