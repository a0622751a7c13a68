import type { RoomKey } from '../brokers/room.broker.js';
import type { OwnChange } from './presence.order.js';

interface OwnRoom {
  /** The number of the last change. */
  change: number;
  /** Present connections, with their cards. */
  readonly cards: Map<string, string>;
  /** Connections that may be in the store. */
  readonly stored: Set<string>;
  /** Connections that have to be written. */
  readonly dirty: Set<string>;
}

/** This application's members, and which of them are not written yet. */
export class NodeMembers {
  private readonly rooms = new Map<RoomKey, OwnRoom>();
  private readonly dirty = new Set<RoomKey>();
  /** A forgotten room must not count from 1 again: others may remember its changes. */
  private highest = 0;

  /** Whether there is nothing to hold, and nothing to write. */
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
    // Nobody has seen it.
    else own.dirty.delete(connection);
    this.forgetIfEmpty(room, own);
  }

  /** Everything has to be written again. */
  markAll(): void {
    for (const [room, own] of this.rooms) {
      for (const connection of own.cards.keys()) own.dirty.add(connection);
      for (const connection of own.stored) own.dirty.add(connection);
      this.dirty.add(room);
    }
  }

  /** The next changes to write: they count as written until `giveBack()`. */
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

  /** The write failed, or may have failed. */
  giveBack(changes: readonly OwnChange[]): void {
    for (const { room, connection } of changes) {
      const own = this.roomOf(room);
      own.stored.add(connection);
      this.mark(room, own, connection);
    }
  }

  /** The changes are written: empty rooms are dropped. */
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
