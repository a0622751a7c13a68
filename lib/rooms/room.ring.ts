import type { HistoryStep, RoomPosition } from '../brokers/room.broker.js';
import { follows, isSame } from './room.position.js';

/** An entry of a ring. */
export interface RingEntry {
  readonly step: HistoryStep;
  /** Approximate memory. */
  readonly bytes: number;
}

export interface RingLimits {
  readonly messages: number;
  readonly bytes: number;
}

/** The memory of all rings of an application. The room that was quiet longest gives up its memory first. */
export class RingBudget {
  private readonly rings = new Set<RoomRing<RingEntry>>();
  private used = 0;

  constructor(private readonly limit: number) {}

  get bytes(): number {
    return this.used;
  }

  /** @param ring The ring that has just grown by this number of bytes. */
  take(ring: RoomRing<RingEntry>, bytes: number): void {
    this.used += bytes;
    this.rings.delete(ring);
    this.rings.add(ring);
    for (const quiet of this.rings) {
      if (this.used <= this.limit) return;
      quiet.clear();
    }
  }

  give(ring: RoomRing<RingEntry>, bytes: number): void {
    this.used -= bytes;
    if (ring.bytes === 0) this.rings.delete(ring);
  }
}

/** The latest messages of a room without a gap, for members that resume and for slow readers. */
export class RoomRing<TEntry extends RingEntry> {
  bytes = 0;
  private entries: TEntry[] = [];

  /** @param base The position before the first entry. */
  constructor(
    private base: RoomPosition,
    private readonly limits: RingLimits,
    private readonly budget: RingBudget,
  ) {}

  get size(): number {
    return this.entries.length;
  }

  /** The position of the newest entry. */
  get position(): RoomPosition {
    return this.entries.at(-1)?.step ?? this.base;
  }

  /** @param entry Follows the newest one. */
  push(entry: TEntry): void {
    this.entries.push(entry);
    this.bytes += entry.bytes;
    this.budget.take(this, entry.bytes);
    const { messages, bytes } = this.limits;
    while (this.entries.length > messages || this.bytes > bytes) this.shift();
  }

  /** The history continues elsewhere. */
  restart(base: RoomPosition): void {
    this.clear();
    this.base = base;
  }

  /** Releases its memory, and keeps its position. */
  clear(): void {
    const { bytes } = this;
    this.base = this.position;
    this.entries = [];
    this.bytes = 0;
    if (bytes > 0) this.budget.give(this, bytes);
  }

  has(position: RoomPosition): boolean {
    const entry = this.entries[this.countTo(position.offset) - 1];
    return entry !== undefined && isSame(entry.step, position);
  }

  /** Whether the position is here, or may be too old to be known. */
  mayHaveHad(position: RoomPosition): boolean {
    return position.offset <= this.base.offset || this.has(position);
  }

  /** Whether everything after a position of this history is here. */
  reaches(position: RoomPosition): boolean {
    return this.indexAfter(position) !== undefined;
  }

  /** @param position A position that it reaches. @returns `undefined` after the newest entry. */
  next(position: RoomPosition): TEntry | undefined {
    const index = this.indexAfter(position);
    return index === undefined ? undefined : this.entries[index];
  }

  /** @returns Everything after a position; `undefined` if the ring does not reach back to it. */
  after(position: RoomPosition): TEntry[] | undefined {
    const index = this.indexAfter(position);
    return index === undefined ? undefined : this.entries.slice(index);
  }

  private indexAfter(position: RoomPosition): number | undefined {
    if (position.offset < this.base.offset) return undefined;
    const index = this.countTo(position.offset);
    const next = this.entries[index];
    if (next) return follows(next.step, position) ? index : undefined;
    return isSame(position, this.position) ? index : undefined;
  }

  /** Entries up to an offset. Offsets may skip numbers. */
  private countTo(offset: number): number {
    let low = 0;
    let high = this.entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const entry = this.entries[middle];
      if (entry && entry.step.offset <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private shift(): void {
    const first = this.entries.shift();
    if (!first) return;
    this.base = first.step;
    this.bytes -= first.bytes;
    this.budget.give(this, first.bytes);
  }
}
