import type { RoomKey, RoomPosition } from '../brokers/room.broker.js';
import { RoomForbiddenException, TooManyRoomsException } from '../errors/room.exceptions.js';
import type { Beginning } from './beginning.js';
import type { LocalRoom } from './local.room.js';
import type { RoomKind } from './room.kind.js';
import type { RoomMember } from './room.member.js';
import { RoomPlaces, type Coming, type PlaceKeeper } from './room.places.js';

/** How a connection enters. */
export interface EnterOptions {
  /** `'reserve'`: before the connection is open. */
  readonly how: 'join' | 'reserve';
  readonly after?: RoomPosition | undefined;
  /** What others see of the connection. */
  readonly as?: object | undefined;
  /** Messages to replay. */
  readonly replay?: number;
  /** Default: what the member says, which it does not know until it is open. */
  readonly takesHeaders?: boolean;
}

/** What the hub does for connections that enter. */
export interface EntranceHost extends PlaceKeeper<RoomMember> {
  /** Waits until the broker sends the room's messages. */
  hold(key: RoomKey, kind: RoomKind): Promise<LocalRoom<RoomMember>>;
  localOf(key: RoomKey): LocalRoom<RoomMember> | undefined;
}

/** The checks that a connection passes on entry. */
export interface Doorway {
  /** Rejects if the connection may not enter. */
  authorize(): Promise<void>;
  /** Called once what others will see of the connection is known. */
  announce(): void;
}

interface Admission {
  readonly options: EnterOptions;
  readonly coming: Coming;
  readonly doorway: Doorway;
}

/** The room to enter. */
export interface EnteredRoom {
  readonly key: RoomKey;
  readonly kind: RoomKind;
}

/** Admits connections that may enter. */
export class RoomEntrance {
  private readonly guests = new Map<RoomKey, Set<RoomMember>>();

  /** @param maxRooms Rooms that one connection may be in. */
  constructor(
    private readonly host: EntranceHost,
    private readonly maxRooms: number,
  ) {}

  /**
   * @returns Once the broker has confirmed.
   * @throws TooManyRoomsException, BrokerUnavailableException, and what the doorway throws
   */
  async enter(
    room: EnteredRoom,
    member: RoomMember,
    options: EnterOptions,
    doorway: Doorway,
  ): Promise<Beginning | undefined> {
    const places = this.placesOf(member);
    const underWay = places.comingTo(room.key);
    if (underWay) {
      await underWay;
      return undefined;
    }
    if (places.size >= this.maxRooms) throw new TooManyRoomsException(this.maxRooms);
    let beginning: Beginning | undefined;
    await places.expect(room.key, async (coming) => {
      this.announce(room.key, member);
      try {
        beginning = await this.admit(room, member, { options, coming, doorway });
      } finally {
        if (!places.hasReserved(room.key)) this.host.forget(room.key, member);
      }
    });
    return beginning;
  }

  /** The connections that are entering a room: an expulsion applies to them as well. */
  *guestsOf(key: RoomKey): Generator<RoomMember, void, undefined> {
    yield* this.guests.get(key) ?? [];
  }

  /** The connection has opened, or its handshake has failed. */
  forget(key: RoomKey, member: RoomMember): void {
    const guests = this.guests.get(key);
    guests?.delete(member);
    if (guests?.size === 0) this.guests.delete(key);
  }

  placesOf(member: RoomMember): RoomPlaces<RoomMember> {
    const places = (member.places ??= new RoomPlaces<RoomMember>(member, this.host));
    // Nobody else will tell it.
    if (member.hasEnded) places.leaveAll();
    return places;
  }

  private announce(key: RoomKey, member: RoomMember): void {
    const guests = this.guests.get(key) ?? new Set<RoomMember>();
    this.guests.set(key, guests.add(member));
  }

  /** Decides again if the decision was made before the room was heard: an expulsion may have been missed. */
  private async admit(
    { key, kind }: EnteredRoom,
    member: RoomMember,
    { options, coming, doorway }: Admission,
  ): Promise<Beginning | undefined> {
    const heard = this.host.localOf(key);
    const wasHeard = heard?.state === 'live';
    await pass(doorway, coming);
    if (coming.hasLeft) return undefined;
    const room = await this.host.hold(key, kind);
    try {
      if (!wasHeard || room !== heard) await pass(doorway, coming);
      const beginning = await this.beginningOf(room, member, options);
      assertWelcome(coming);
      if (coming.hasLeft) this.host.release(room);
      else this.place(room, member, options, beginning);
      return beginning;
    } catch (error) {
      this.host.release(room);
      throw error;
    }
  }

  private place(
    room: LocalRoom<RoomMember>,
    member: RoomMember,
    { how }: EnterOptions,
    beginning: Beginning | undefined,
  ): void {
    const places = this.placesOf(member);
    if (how === 'join' && !member.isComing) places.join(room, beginning);
    else places.reserve(room, beginning ?? (how === 'join' ? beginningAt(room) : undefined));
  }

  private async beginningOf(
    room: LocalRoom<RoomMember>,
    member: RoomMember,
    { after, replay = 0, takesHeaders = member.takesHeaders }: EnterOptions,
  ): Promise<Beginning | undefined> {
    const { tail } = room;
    if (!tail) return undefined;
    const places = this.placesOf(member);
    const wanted =
      after ?? (takesHeaders ? places.takeResume(room.key, member.request.url) : undefined);
    if (!wanted && replay <= 0) return undefined;
    return tail.beginningOf(wanted, replay);
  }
}

/**
 * A connection that leaves meanwhile does not wait for the answer. @throws RoomForbiddenException if it was expelled
 */
async function pass(doorway: Doorway, coming: Coming): Promise<void> {
  await Promise.race([doorway.authorize(), coming.left]);
  assertWelcome(coming);
  if (!coming.hasLeft) doorway.announce();
}

function assertWelcome({ isExpelled }: Coming): void {
  if (isExpelled) throw new RoomForbiddenException();
}

/** The connection joins before it opens, so it misses nothing from here on. */
function beginningAt({ tail }: LocalRoom<RoomMember>): Beginning | undefined {
  return tail && { from: tail.position, isContinued: false, messages: [] };
}
