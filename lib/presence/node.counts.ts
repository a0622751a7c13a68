import type { RoomKey } from '../brokers/room.broker.js';

/** Milliseconds between two writes of one room. */
export const COUNT_INTERVAL = 1_000;

interface Count {
  connections: number;
  /** The count in the store; `undefined` if it is unknown. */
  stored: number | undefined;
  writtenAt: number;
}

/** This application's member counts, in rooms that only count. */
export class NodeCounts {
  private readonly rooms = new Map<RoomKey, Count>();
  /** To be written, or dropped, when they are due. */
  private readonly unsettled = new Set<RoomKey>();

  get isEmpty(): boolean {
    return this.rooms.size === 0;
  }

  get isSettled(): boolean {
    return this.unsettled.size === 0;
  }

  change(room: RoomKey, by: 1 | -1): void {
    const count = this.countOf(room);
    count.connections += by;
    this.unsettled.add(room);
  }

  /** The store may have lost them. */
  markAll(): void {
    for (const room of this.rooms.keys()) this.giveBack(room);
  }

  /** Counts that are due: they count as written until `giveBack()`. Empty rooms are dropped. */
  take(limit: number): [RoomKey, number][] {
    const now = performance.now();
    const due: [RoomKey, number][] = [];
    for (const room of this.unsettled) {
      if (due.length >= limit) break;
      const count = this.countOf(room);
      if (now - count.writtenAt < COUNT_INTERVAL) continue;
      if (count.connections > 0 || count.stored === 0) this.unsettled.delete(room);
      if (count.stored === count.connections) {
        if (count.connections === 0) this.rooms.delete(room);
        continue;
      }
      due.push([room, count.connections]);
      count.stored = count.connections;
      count.writtenAt = now;
    }
    return due;
  }

  /** The write failed, or may have failed. */
  giveBack(room: RoomKey): void {
    this.countOf(room).stored = undefined;
    this.unsettled.add(room);
  }

  clear(): void {
    this.rooms.clear();
    this.unsettled.clear();
  }

  private countOf(room: RoomKey): Count {
    const present = this.rooms.get(room);
    if (present) return present;
    const count: Count = { connections: 0, stored: 0, writtenAt: -COUNT_INTERVAL };
    this.rooms.set(room, count);
    return count;
  }
}
