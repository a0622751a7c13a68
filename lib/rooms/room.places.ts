import type { RoomKey, RoomPosition } from '../brokers/room.broker.js';
import type { Room } from '../handles/room.handle.js';
import { countOf, eachOf, isAmong, minus, plus, type Few } from '../values/few.js';
import type { Beginning } from './beginning.js';
import type { LocalRoom } from './local.room.js';
import type { Recipient } from './recipient.js';
import { readResume, type ResumeRequest } from './resume.request.js';

/** What a member needs from the hub. */
export interface PlaceKeeper<Member extends Recipient> {
  /** The connection has become a member. */
  onJoined(room: LocalRoom<Member>, member: Member): void;
  onLeft(room: LocalRoom<Member>, member: Member): void;
  /** The connection is no longer entering. */
  forget(key: RoomKey, member: Member): void;
  /** A holder has let go of the room. */
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

/** The member leaves, or the application makes it leave. */
const LEFT = 1000;
/** The connection has ended, so it gets no notice. */
const ENDED = 0;

const DONE = Promise.resolve();

/** A join in progress. */
export interface Coming {
  promise: Promise<void>;
  /** Resolves when it leaves before it is in. */
  readonly left: Promise<void>;
  readonly leave: () => void;
  /** Whether it left before it was in. */
  hasLeft: boolean;
  /** Whether it was expelled. */
  isExpelled: boolean;
}

/** What most connections do not need. */
interface Extra<Member extends Recipient> {
  reserved: Reservation<Member>[];
  readonly shown: Shown[];
  /** Joins in progress. */
  readonly coming: Map<RoomKey, Coming>;
  /** `null`: its query has not been read yet. */
  resume: ResumeRequest | undefined | null;
  isOver: boolean;
}

/** The rooms that one connection is in, or was admitted to before its 101. */
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

  /** The room of a kind that it was admitted to before its 101; without a kind, the only one. */
  room(kind?: object): Room | undefined {
    return this.extra?.shown.find((each) => kind === undefined || each.kind === kind)?.room;
  }

  /** Makes a room available to handlers. The first of a kind counts. */
  show(kind: object, room: Room): void {
    if (!this.room(kind)) this.more.shown.push({ kind, room });
  }

  /** Where the client says it was; valid once for each room. @param url Of the handshake. */
  takeResume(key: RoomKey, url: string): RoomPosition | undefined {
    const { more } = this;
    if (more.resume === null) more.resume = readResume(url);
    const position = more.resume?.get(key);
    more.resume?.delete(key);
    return position;
  }

  /** The join of this room that is in progress. */
  comingTo(key: RoomKey): Promise<void> | undefined {
    return this.extra?.coming.get(key)?.promise;
  }

  /** Counts as a room while the application and the broker are asked. */
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

  /** A connection leaves before it is in. */
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

  /** Sends the broadcasts of its rooms that are due before its close frame. */
  tellPending(): void {
    for (const room of eachOf(this.joined)) room.tellPending(this.member);
  }

  /** Keeps a place until the connection is open. */
  reserve(room: LocalRoom<Member>, beginning: Beginning | undefined): void {
    if (this.isOver) this.keeper.release(room);
    else this.more.reserved.push({ room, beginning });
  }

  /** The connection is open and becomes a member. */
  enter(): void {
    for (const { room, beginning } of this.takeReserved(() => true)) {
      this.join(room, beginning);
      this.keeper.forget(room.key, this.member);
    }
  }

  /** The caller must hold the room. */
  join(room: LocalRoom<Member>, beginning: Beginning | undefined): void {
    if (this.isOver || this.has(room)) {
      this.keeper.release(room);
      return;
    }
    this.joined = plus(this.joined, room);
    room.add(this.member, beginning);
    this.keeper.onJoined(room, this.member);
  }

  /** @param code Sent to clients that asked for headers. */
  leave(room: LocalRoom<Member>, code: number = LEFT): void {
    if (!this.has(room)) return;
    this.joined = minus(this.joined, room);
    room.remove(this.member, code === ENDED ? undefined : code);
    this.keeper.onLeft(room, this.member);
    this.keeper.release(room);
  }

  /** Called at the end of the connection, or of a failed handshake. */
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

  /** Connections that join after they open do not need the rest for long. */
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
