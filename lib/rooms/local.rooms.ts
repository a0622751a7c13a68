import type { RoomFilter, RoomKey, RoomPosition } from '../brokers/room.broker.js';
import { publishGap } from '../metrics/room.channels.js';
import type { RoomCounters } from '../metrics/room.counters.js';
import type { ResolvedRing } from '../options/rooms.descriptors.js';
import type { HistoryReader } from './history.reader.js';
import { LocalRoom, type LocalRoomParts } from './local.room.js';
import { confirmHearing, loseHearing } from './room.hearing.js';
import type { RoomKind } from './room.kind.js';
import type { RoomMember } from './room.member.js';
import { kindNameOf, nameOf } from './room.name.js';
import { writePosition } from './room.position.js';
import { RingBudget } from './room.ring.js';
import { RoomTail, type TailParts } from './room.tail.js';
import { within } from './within.js';

/** Rooms whose positions are requested at once. */
const BATCH = 512;
/** Sent to members that are no longer authorized. */
const POLICY_VIOLATION = 1008;

/** Reports an error that belongs to no call. */
export type OnFault = (what: string, error: unknown) => void;

export interface LocalRoomsParts {
  /** Milliseconds that `authorize()` may take when it is called again. */
  readonly patience: number;
  readonly ring: ResolvedRing;
  readonly reader: HistoryReader;
  readonly counters: RoomCounters;
  readonly onFault: OnFault;
}

/** What the rooms of one kind share. */
interface KindParts {
  readonly kind: RoomKind;
  readonly room: LocalRoomParts;
  /** With history only. */
  readonly tail: TailParts | undefined;
}

/** The rooms that this application has, or had a moment ago, members of. */
export class LocalRooms {
  members = 0;
  private readonly rooms = new Map<RoomKey, LocalRoom<RoomMember>>();
  private readonly kinds = new Map<string, KindParts>();
  private readonly budget: RingBudget;

  constructor(private readonly parts: LocalRoomsParts) {
    this.budget = new RingBudget(parts.ring.total);
  }

  get size(): number {
    return this.rooms.size;
  }

  /** Rooms that the broker sends. */
  get subscriptions(): number {
    let subscriptions = 0;
    for (const { state } of this.rooms.values())
      if (state === 'live' || state === 'leaving') subscriptions += 1;
    return subscriptions;
  }

  /** Members that are catching up. */
  get behind(): number {
    let behind = 0;
    for (const room of this.rooms.values()) behind += room.behind;
    return behind;
  }

  all(): Iterable<LocalRoom<RoomMember>> {
    return this.rooms.values();
  }

  get(key: RoomKey): LocalRoom<RoomMember> | undefined {
    return this.rooms.get(key);
  }

  for(key: RoomKey, kind: RoomKind): LocalRoom<RoomMember> {
    const present = this.rooms.get(key);
    if (present) return present;
    const room = this.create(key, kind);
    this.rooms.set(key, room);
    return room;
  }

  remove(key: RoomKey): void {
    this.rooms.get(key)?.tail?.close();
    this.rooms.delete(key);
  }

  /** These rooms get no more messages. */
  onLost(rooms: RoomFilter | undefined): void {
    for (const room of this.rooms.values()) if (!rooms || rooms(room.key)) loseHearing(room);
  }

  /** From now on, the broker sends messages of these rooms. */
  onSubscribed(keys: readonly RoomKey[]): Promise<void> | undefined {
    const withHistory = keys.filter((key) => this.get(key)?.tail);
    for (const key of keys) {
      const room = this.get(key);
      if (room) confirmHearing(room);
    }
    return withHistory.length > 0 ? this.locate(withHistory) : undefined;
  }

  /** Resolves when no missed messages are being read any more. Never rejects. */
  async caughtUp(): Promise<void> {
    const tails = [...this.rooms.values()].map(({ tail }) => tail?.caughtUp);
    await Promise.all(tails.filter((reading) => reading !== undefined));
  }

  /** Compares rooms with history that were silent since then with the broker. */
  async checkSilent(since: number): Promise<void> {
    const silent: RoomKey[] = [];
    for (const { key, tail, holders } of this.rooms.values())
      if (tail && holders > 0 && tail.hasBegun && tail.changedAt < since) silent.push(key);
    for (let start = 0; start < silent.length; start += BATCH)
      // oxlint-disable-next-line no-await-in-loop -- one question at a time
      await this.locate(silent.slice(start, start + BATCH));
  }

  /**
   * Authorizes members again if their kind asks for it.
   *
   * @param guestsOf Returns the connections that are entering.
   */
  reauthorize(
    rooms: RoomFilter | undefined,
    guestsOf: (key: RoomKey) => Iterable<RoomMember>,
  ): void {
    for (const room of this.rooms.values()) {
      const kind = this.kinds.get(kindNameOf(room.key))?.kind;
      if (!kind?.reauthorize || (rooms && !rooms(room.key))) continue;
      for (const member of new Set([...room.everybody(), ...guestsOf(room.key)]))
        void this.askAgain(member, room, kind);
    }
  }

  *membersOf(rooms: RoomFilter | undefined): Generator<RoomMember, void, undefined> {
    for (const room of this.rooms.values()) if (!rooms || rooms(room.key)) yield* room.everybody();
  }

  /** A member without an answer has to leave. Never rejects. */
  private async askAgain(
    member: RoomMember,
    room: LocalRoom<RoomMember>,
    kind: RoomKind,
  ): Promise<void> {
    let mayStay: unknown = false;
    try {
      const { patience } = this.parts;
      const asked = Promise.resolve(kind.authorize(member, nameOf(room.key)));
      mayStay = await within(asked, patience, () => new Error(`no answer within ${patience} ms`));
    } catch (error) {
      this.parts.onFault(`Rooms of "${kind.name}" could not authorize a member again`, error);
    }
    if (mayStay === true) return;
    member.places?.turnBack(room.key, true);
    member.places?.leave(room, POLICY_VIOLATION);
  }

  private async locate(keys: readonly RoomKey[]): Promise<void> {
    const positions: readonly RoomPosition[] = await this.parts.reader.positions(keys);
    keys.forEach((key, index) => {
      const position = positions[index];
      if (position) this.get(key)?.tail?.locate(position);
    });
  }

  private create(key: RoomKey, kind: RoomKind): LocalRoom<RoomMember> {
    const { room: parts, tail: tailParts } = this.partsOf(kind);
    const tail = tailParts && new RoomTail(key, tailParts);
    const room = new LocalRoom<RoomMember>(key, parts, tail);
    if (tail) tail.room = room;
    return room;
  }

  private partsOf(kind: RoomKind): KindParts {
    const present = this.kinds.get(kind.name);
    if (present) return present;
    const { ring, reader, counters, onFault } = this.parts;
    const { name, slow, history } = kind;
    const room: KindParts['room'] = {
      slow,
      counters,
      later: setImmediate,
      onGap: (key, position) => this.onGap(key, kind, position),
    };
    const tail = history && {
      limits: ring,
      budget: this.budget,
      messages: history.messages,
      counters,
      read: reader.read.bind(reader),
      onFailedRead: (error: unknown) =>
        onFault('What was missed in a room could not be read', error),
    };
    const parts = { kind, room, tail };
    this.kinds.set(name, parts);
    return parts;
  }

  private onGap(key: RoomKey, kind: RoomKind, position: RoomPosition | undefined): void {
    this.parts.counters.nodeGaps += 1;
    const gap = { room: nameOf(key), ...(position && { position: writePosition(position) }) };
    publishGap({ kind: kind.name, ...gap });
    const fail = (error: unknown): void =>
      this.parts.onFault(`onGap() of rooms of "${kind.name}" failed`, error);
    try {
      // It may take its time to read the state again.
      Promise.resolve(kind.onGap(gap)).catch(fail);
    } catch (error) {
      fail(error);
    }
  }
}
