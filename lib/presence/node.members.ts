import type { RoomKey } from '../brokers/room.broker.js';
import type { OwnChange } from './presence.order.js';

interface OwnRoom {
  /** Of the last change. */
  change: number;
  /** Who is here, with their cards. */
  readonly cards: Map<string, string>;
  /** Who may be in the store. */
  readonly stored: Set<string>;
  /** Who has to be written. */
  readonly dirty: Set<string>;
}

/** Who is here of this application, and what of it is not written yet. */
export class NodeMembers {
  private readonly rooms = new Map<RoomKey, OwnRoom>();
  private readonly dirty = new Set<RoomKey>();
  /** A room that is forgotten must not count from 1 again: others may remember its changes. */
  private highest = 0;

  /** Nothing to hold, and nothing to write. */
  get isEmpty(): boolean {
    return this.rooms.size === 0;
  }

  get isDirty(): boolean {
    return this.dirty.size > 0;
  }

  get size(): number {
    let size = 0;
    for (const { cards } of this.rooms.values()) size += cards.size;
    return size;
  }

  cardOf(room: RoomKey, connection: string): string | undefined {
    return this.rooms.get(room)?.cards.get(connection);
  }

  put(room: RoomKey, connection: string, card: string): void {
    const own = this.roomOf(room);
    own.cards.set(connection, card);
    this.mark(room, own, connection);
  }

  remove(room: RoomKey, connection: string): void {
    const own = this.rooms.get(room);
    if (!own?.cards.delete(connection)) return;
    if (own.stored.has(connection)) this.mark(room, own, connection);
    // Nobody has heard of it.
    else own.dirty.delete(connection);
    this.forgetIfEmpty(room, own);
  }

  /** Everything is to be written again. */
  markAll(): void {
    for (const [room, own] of this.rooms) {
      for (const connection of own.cards.keys()) own.dirty.add(connection);
      for (const connection of own.stored) own.dirty.add(connection);
      this.dirty.add(room);
    }
  }

  /** What is to be written next: it counts as written until `giveBack()`. */
  take(limit: number): OwnChange[] {
    const changes: OwnChange[] = [];
    for (const room of this.dirty) {
      const own = this.rooms.get(room);
      for (const connection of own?.dirty ?? []) {
        if (changes.length >= limit) return changes;
        if (own) changes.push(this.changeOf(room, own, connection));
      }
      this.dirty.delete(room);
    }
    return changes;
  }

  /** They could not be written, or not for certain. */
  giveBack(changes: readonly OwnChange[]): void {
    for (const { room, connection } of changes) {
      const own = this.roomOf(room);
      own.stored.add(connection);
      this.mark(room, own, connection);
    }
  }

  /** They are written: rooms without anybody are let go. */
  settle(changes: readonly OwnChange[]): void {
    for (const { room } of changes) {
      const own = this.rooms.get(room);
      if (own) this.forgetIfEmpty(room, own);
    }
  }

  clear(): void {
    this.rooms.clear();
    this.dirty.clear();
  }

  private changeOf(room: RoomKey, own: OwnRoom, connection: string): OwnChange {
    own.dirty.delete(connection);
    own.change += 1;
    const member = own.cards.get(connection);
    if (member === undefined) own.stored.delete(connection);
    else own.stored.add(connection);
    const isAll = own.stored.size === (member === undefined ? 0 : 1);
    return { room, change: own.change, connection, member, isAll };
  }

  private roomOf(room: RoomKey): OwnRoom {
    const present = this.rooms.get(room);
    if (present) return present;
    const own: OwnRoom = {
      change: this.highest,
      cards: new Map(),
      stored: new Set(),
      dirty: new Set(),
    };
    this.rooms.set(room, own);
    return own;
  }

  private mark(room: RoomKey, own: OwnRoom, connection: string): void {
    own.dirty.add(connection);
    this.dirty.add(room);
  }

  private forgetIfEmpty(room: RoomKey, own: OwnRoom): void {
    if (own.cards.size + own.stored.size + own.dirty.size > 0) return;
    this.highest = Math.max(this.highest, own.change);
    this.rooms.delete(room);
    this.dirty.delete(room);
  }
}
