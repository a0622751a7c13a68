import { randomUUID } from 'node:crypto';
import { Observable } from 'rxjs';
import type { NodePresence, PresenceStore, RoomFilter, RoomKey } from '../brokers/room.broker.js';
import { NoPresenceException, PresenceTooLargeException } from '../errors/presence.exceptions.js';
import type { Present, PresenceChange, PresenceCount } from '../handles/presence.handle.js';
import { isCardOf, isSameCard, writeCard } from './member.card.js';
import { readPresence } from './presence.order.js';
import { PresenceReplica } from './presence.replica.js';
import { PresenceWriter } from './presence.writer.js';
import { MAX_LISTED, WatchedRoom } from './watched.room.js';

/** What presence needs to know about a kind of rooms. */
export interface PresenceKind {
  readonly name: string;
  readonly presence: boolean | 'count';
  /** Milliseconds. */
  readonly linger: number;
  /** What others see of a connection. @throws What the application throws. */
  describe(connection: { readonly id: string }, room: string): unknown;
}

export interface PresenceParts {
  /** Milliseconds. */
  readonly nodeLease: number;
  /** Whether the broker reports lost nodes; another store does not. */
  readonly tellsOfNodes: boolean;
  /** @param room Default: whether any broker can be reached. */
  isReady(room?: RoomKey): boolean;
  /** @throws BrokerUnavailableException (as a rejection), even if it takes too long */
  ask<T>(call: (store: PresenceStore) => Promise<T>): Promise<T>;
  publish(room: RoomKey, order: string): Promise<unknown>;
  /** Resolves when packets of the room arrive, with a function that releases it. */
  hold(room: RoomKey): Promise<() => void>;
  onFailed(error: unknown): void;
}

type Cards = Map<RoomKey, string>;

/** The members in the rooms of one application, and what it knows of the others. */
export class RoomPresence {
  /** This application's id, for its whole life. */
  readonly node = randomUUID();
  private readonly writer: PresenceWriter;
  private readonly watched = new Map<RoomKey, WatchedRoom>();
  /** Cards of connections that are about to become members. */
  private readonly announced = new WeakMap<object, Cards>();
  private isClosed = false;

  constructor(private readonly parts: PresenceParts) {
    this.writer = new PresenceWriter({
      node: this.node,
      nodeLease: parts.nodeLease,
      isReady: () => parts.isReady(),
      ask: (call) => parts.ask(call),
      publish: (room, order) => parts.publish(room, order),
      onFailed: (error) => parts.onFailed(error),
    });
  }

  get metrics(): { readonly entries: number; readonly watchers: number; readonly writes: number } {
    const { members, writes } = this.writer;
    let watchers = 0;
    for (const { watching } of this.watched.values()) watchers += watching;
    return { entries: members.size, watchers, writes };
  }

  /**
   * Sets what others will see of a connection, before it is let in.
   *
   * @throws InvalidRoomMemberException, NoPresenceException, and what `memberOf()` throws
   */
  announce(
    kind: PresenceKind,
    room: { readonly key: RoomKey; readonly name: string },
    connection: { readonly id: string },
    as: object | undefined,
  ): void {
    if (as !== undefined) assertList(kind, 'join() with "as"');
    if (kind.presence !== true) return;
    const card = writeCard(
      kind.name,
      as === undefined ? kind.describe(connection, room.name) : as,
      Date.now(),
    );
    const cards = this.announced.get(connection);
    if (cards) cards.set(room.key, card);
    else this.announced.set(connection, new Map([[room.key, card]]));
  }

  /** The connection is refused, or has entered. */
  withdraw(room: RoomKey, connection: object): void {
    const cards = this.announced.get(connection);
    cards?.delete(room);
    if (cards?.size === 0) this.announced.delete(connection);
  }

  /** Whether a connection that is about to become a member would have this key. */
  willBeOf(
    key: string,
    kind: PresenceKind | undefined,
    room: RoomKey,
    connection: { readonly id: string },
  ): boolean {
    if (kind?.presence !== true) return false;
    try {
      const name = room.slice(room.indexOf('/') + 1);
      const card =
        this.announced.get(connection)?.get(room) ??
        writeCard(kind.name, kind.describe(connection, name), 0);
      return isCardOf(card, key);
    } catch {
      // It will not be let in.
      return false;
    }
  }

  /** A connection has become a member. */
  entered(
    kind: PresenceKind | undefined,
    room: RoomKey,
    connection: { readonly id: string },
  ): void {
    if (this.isClosed || !kind || kind.presence === false) return;
    if (kind.presence === 'count') this.writer.counts.change(room, 1);
    else {
      const cards = this.announced.get(connection);
      const card = cards?.get(room);
      cards?.delete(room);
      if (card === undefined) return;
      this.writer.members.put(room, connection.id, card);
    }
    this.writer.schedule();
  }

  /** A connection is no longer a member. */
  left(kind: PresenceKind | undefined, room: RoomKey, connection: { readonly id: string }): void {
    if (this.isClosed || !kind || kind.presence === false) return;
    if (kind.presence === 'count') this.writer.counts.change(room, -1);
    else this.writer.members.remove(room, connection.id);
    this.writer.schedule();
  }

  /** Changes what others see of a member. @throws InvalidRoomMemberException, NoPresenceException */
  update(kind: PresenceKind, room: RoomKey, connection: { readonly id: string }, as: object): void {
    assertList(kind, 'join() with "as"');
    const { members } = this.writer;
    const before = members.cardOf(room, connection.id);
    const card = writeCard(kind.name, as, Date.now());
    if (before === undefined || isSameCard(before, card)) return;
    members.put(room, connection.id, card);
    this.writer.schedule();
  }

  /** Whether it is a member here, and has this key. */
  isOf(key: string, room: RoomKey, connection: string | undefined): boolean {
    if (connection === undefined) return false;
    const card = this.writer.members.cardOf(room, connection);
    return card !== undefined && isCardOf(card, key);
  }

  /** @throws NoPresenceException, PresenceTooLargeException, BrokerUnavailableException */
  async list(kind: PresenceKind, room: RoomKey): Promise<Present[]> {
    assertList(kind, 'presence()');
    await this.writer.flush();
    const replica = new PresenceReplica();
    replica.load(await this.read(room));
    return replica.list();
  }

  /** @throws NoPresenceException, BrokerUnavailableException */
  async count(kind: PresenceKind, room: RoomKey): Promise<PresenceCount> {
    if (kind.presence === false)
      throw new NoPresenceException(kind.name, 'count()', "true } or { presence: 'count'");
    await this.writer.flush();
    const connections = await this.parts.ask((store) => store.count(room));
    const keys = this.watched.get(room)?.keyCount;
    return keys === undefined ? { connections } : { connections, keys };
  }

  /** @throws NoPresenceException */
  watch(kind: PresenceKind, room: RoomKey): Observable<PresenceChange> {
    assertList(kind, 'watch()');
    return new Observable((watcher) => {
      if (this.isClosed) watcher.complete();
      else this.watchedFor(kind, room).add(watcher);
    });
  }

  /** @returns Whether the packet was about presence. */
  obey(room: RoomKey, payload: Buffer): boolean {
    const watched = this.watched.get(room);
    const order = watched && readPresence(payload);
    if (order) watched.apply(order);
    return order !== undefined;
  }

  onLost(rooms?: RoomFilter): void {
    for (const watched of this.watchedIn(rooms)) watched.onLost();
  }

  /** First announces the members here, then reads those elsewhere. */
  async onReady(rooms?: RoomFilter): Promise<void> {
    await this.writer.writeAll();
    if (!this.parts.isReady()) return;
    for (const watched of this.watchedIn(rooms)) watched.onReady();
  }

  /** @param rooms Where it is gone. */
  onNodeGone(node: string, rooms?: RoomFilter): void {
    for (const watched of this.watchedIn(rooms)) watched.onNodeGone(node);
    // The report is about this node, which is alive.
    if (node === this.node && !this.isClosed) void this.writer.writeAll();
  }

  /** The others see one node leave. Watchers here continue. @throws BrokerUnavailableException (as a rejection) */
  leave(): Promise<void> {
    this.isClosed = true;
    return this.writer.leave();
  }

  close(): void {
    this.isClosed = true;
    this.writer.close();
    for (const watched of this.watched.values()) watched.complete();
  }

  private watchedIn(rooms: RoomFilter | undefined): WatchedRoom[] {
    const found: WatchedRoom[] = [];
    for (const [room, watched] of this.watched) if (!rooms || rooms(room)) found.push(watched);
    return found;
  }

  private watchedFor({ linger }: PresenceKind, room: RoomKey): WatchedRoom {
    const present = this.watched.get(room);
    if (present) return present;
    const { nodeLease, tellsOfNodes } = this.parts;
    const watched = new WatchedRoom({
      linger,
      nodeLease,
      tellsOfNodes,
      isReady: () => this.parts.isReady(room),
      hold: () => this.parts.hold(room),
      read: () => this.read(room),
      onUnwatched: () => this.watched.delete(room),
    });
    this.watched.set(room, watched);
    return watched;
  }

  /** A list that is too long is not even requested. */
  private async read(room: RoomKey): Promise<readonly NodePresence[]> {
    const connections = await this.parts.ask((store) => store.count(room));
    if (connections > MAX_LISTED) throw new PresenceTooLargeException(connections, MAX_LISTED);
    return this.parts.ask((store) => store.read(room));
  }
}

/** @throws NoPresenceException if the kind does not keep members. */
export function assertList({ name, presence }: PresenceKind, call: string): void {
  if (presence !== true) throw new NoPresenceException(name, call, 'true');
}
