import type { RoomKey, RoomPosition } from '../brokers/room.broker.js';
import type { Room } from '../handles/room.handle.js';
import { countOf, eachOf, isAmong, minus, plus, type Few } from '../values/few.js';
import type { Beginning } from './beginning.js';
import type { LocalRoom } from './local.room.js';
import type { Recipient } from './recipient.js';
import { readResume, type ResumeRequest } from './resume.request.js';

/** What a member asks of the hub. */
export interface PlaceKeeper<Member extends Recipient> {
  /** It is a member. */
  onJoined(room: LocalRoom<Member>, member: Member): void;
  onLeft(room: LocalRoom<Member>, member: Member): void;
  /** It is on its way no more. */
  forget(key: RoomKey, member: Member): void;
  /** One who held the room does so no more. */
  release(room: LocalRoom<Member>): void;
}

/** A place that is kept until the connection is open. */
interface Reservation<Member extends Recipient> {
  readonly room: LocalRoom<Member>;
  readonly beginning: Beginning | undefined;
}

/** What handlers get. */
interface Shown {
  readonly kind: object;
  readonly room: Room;
}

/** Of one who leaves by itself, or is made to by the application. */
const LEFT = 1000;
/** Of one whose connection has ended: it is told nothing. */
const ENDED = 0;

const DONE = Promise.resolve();

/** A join under way. */
export interface Coming {
  promise: Promise<void>;
  /** Resolves when it leaves before it is in. */
  readonly left: Promise<void>;
  readonly leave: () => void;
  /** It has left again before it was in. */
  hasLeft: boolean;
  /** It was made to. */
  isExpelled: boolean;
}

/** What most connections do without. */
interface Extra<Member extends Recipient> {
  reserved: Reservation<Member>[];
  readonly shown: Shown[];
  /** Joins under way. */
  readonly coming: Map<RoomKey, Coming>;
  /** `null`: its query was not read yet. */
  resume: ResumeRequest | undefined | null;
  isOver: boolean;
}

/** The rooms that one connection is in, or was let into before its 101. */
export class RoomPlaces<Member extends Recipient> {
  private joined: Few<LocalRoom<Member>>;
  private extra: Extra<Member> | undefined;

  constructor(
    private readonly member: Member,
    private readonly keeper: PlaceKeeper<Member>,
  ) {}

  get size(): number {
    const { reserved = [], coming } = this.extra ?? {};
    return countOf(this.joined) + reserved.length + (coming?.size ?? 0);
  }

  has(room: LocalRoom<Member>): boolean {
    return isAmong(this.joined, room);
  }

  /** The room of a kind that it was let into before its 101; without a kind, the only one. */
  room(kind?: object): Room | undefined {
    return this.extra?.shown.find((each) => kind === undefined || each.kind === kind)?.room;
  }

  /** What handlers get. The first of a kind counts. */
  show(kind: object, room: Room): void {
    if (!this.room(kind)) this.more.shown.push({ kind, room });
  }

  /** Where its client was, as it says: once for each room. @param url Of the handshake. */
  takeResume(key: RoomKey, url: string): RoomPosition | undefined {
    const { more } = this;
    if (more.resume === null) more.resume = readResume(url);
    const position = more.resume?.get(key);
    more.resume?.delete(key);
    return position;
  }

  /** The join of this room that is under way. */
  comingTo(key: RoomKey): Promise<void> | undefined {
    return this.extra?.coming.get(key)?.promise;
  }

  /** Counts while application and broker are asked. */
  async expect(key: RoomKey, enter: (coming: Coming) => Promise<void>): Promise<void> {
    const { coming } = this.more;
    const own = newComing();
    own.promise = enter(own);
    coming.set(key, own);
    try {
      await own.promise;
    } finally {
      if (coming.get(key) === own) coming.delete(key);
      this.tidy();
    }
  }

  /** One who leaves before it is in. */
  turnBack(key: RoomKey, isExpelled = false): void {
    const { extra } = this;
    const coming = extra?.coming.get(key);
    if (coming) {
      Object.assign(coming, { hasLeft: true, isExpelled });
      coming.leave();
      extra?.coming.delete(key);
    }
    this.giveBack((each) => each.room.key === key);
  }

  hasReserved(key: RoomKey): boolean {
    return this.extra?.reserved.some(({ room }) => room.key === key) === true;
  }

  /** Before its close frame: what was broadcast in its rooms. */
  tellPending(): void {
    for (const room of eachOf(this.joined)) room.tellPending(this.member);
  }

  /** Keeps a place until the connection is open. */
  reserve(room: LocalRoom<Member>, beginning: Beginning | undefined): void {
    if (this.isOver) this.keeper.release(room);
    else this.more.reserved.push({ room, beginning });
  }

  /** The connection is open: it is a member from now on. */
  enter(): void {
    for (const { room, beginning } of this.takeReserved(() => true)) {
      this.join(room, beginning);
      this.keeper.forget(room.key, this.member);
    }
  }

  /** The room is held by who calls. */
  join(room: LocalRoom<Member>, beginning: Beginning | undefined): void {
    if (this.isOver || this.has(room)) {
      this.keeper.release(room);
      return;
    }
    this.joined = plus(this.joined, room);
    room.add(this.member, beginning);
    this.keeper.onJoined(room, this.member);
  }

  /** @param code As clients that asked for headers are told. */
  leave(room: LocalRoom<Member>, code: number = LEFT): void {
    if (!this.has(room)) return;
    this.joined = minus(this.joined, room);
    room.remove(this.member, code === ENDED ? undefined : code);
    this.keeper.onLeft(room, this.member);
    this.keeper.release(room);
  }

  /** At the end of the connection, or of a handshake that came to nothing. */
  leaveAll(): void {
    const { more } = this;
    more.isOver = true;
    this.giveBack(() => true);
    for (const key of more.coming.keys()) this.turnBack(key);
    for (const room of eachOf(this.joined)) this.leave(room, ENDED);
  }

  private giveBack(isMeant: (each: Reservation<Member>) => boolean): void {
    for (const { room } of this.takeReserved(isMeant)) {
      this.keeper.release(room);
      this.keeper.forget(room.key, this.member);
    }
  }

  private takeReserved(isMeant: (each: Reservation<Member>) => boolean): Reservation<Member>[] {
    const { extra } = this;
    const meant = extra?.reserved.filter(isMeant) ?? [];
    if (extra) extra.reserved = extra.reserved.filter((each) => !meant.includes(each));
    return meant;
  }

  private get isOver(): boolean {
    return this.extra?.isOver === true;
  }

  private get more(): Extra<Member> {
    return (this.extra ??= {
      reserved: [],
      shown: [],
      coming: new Map(),
      resume: null,
      isOver: false,
    });
  }

  /** Nothing of it is needed for long by those who join when they are open. */
  private tidy(): void {
    const { extra } = this;
    if (!extra || extra.isOver || extra.resume) return;
    if (extra.reserved.length + extra.shown.length + extra.coming.size === 0)
      this.extra = undefined;
  }
}

function newComing(): Coming {
  let leave = (): void => undefined;
  const left = new Promise<void>((resolve) => (leave = resolve));
  return { promise: DONE, left, leave, hasLeft: false, isExpelled: false };
}
