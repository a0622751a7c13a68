import { BehaviorSubject } from 'rxjs';
import type { BrokerStatus } from '../rooms/broker.session.js';
import { PlainRooms } from '../rooms/plain.rooms.js';
import { kindOf, setKind } from '../rooms/room.kind.js';
import { roomKeyOf } from '../rooms/room.name.js';
import { ROOM_SOURCE, Rooms, type AnyRooms, type RoomSource } from '../rooms/rooms.js';
import { FakeRoom } from './fake.room.js';

/** The type of the messages broadcast in rooms of a kind. */
export type MessageOf<TRooms> = TRooms extends Rooms<infer TMessage, infer _> ? TMessage : unknown;

/** A kind of rooms whose rooms are fakes. */
export type FakeRooms<TRooms> = {
  /** The same name returns the same room. */
  at(name: string): FakeRoom<MessageOf<TRooms>>;
} & TRooms;

/** A kind with every feature of rooms. */
class AnyKind extends Rooms {}

setKind(AnyKind, {
  name: 'fake',
  options: { history: { messages: 1000, age: '1h' }, presence: true },
});

/** Hands out fake rooms of one kind. */
class FakeSource implements RoomSource {
  readonly status: BrokerStatus = 'ready';
  readonly statusChanges = new BehaviorSubject<BrokerStatus>('ready');
  private readonly rooms = new Map<string, FakeRoom>();

  at(kind: AnyRooms, name: string): FakeRoom {
    const present = this.rooms.get(name);
    if (present) return present;
    const of = kindOf(kind);
    roomKeyOf(of.name, name);
    const room = new FakeRoom(name, of);
    this.rooms.set(name, room);
    return room;
  }
}

/**
 * Creates a {@link FakeRoom}, with history and presence, for code that takes a room.
 *
 * @param name Default: `'fake'`.
 */
export function fakeRoom<TMessage = unknown>(name?: string): FakeRoom<TMessage>;
export function fakeRoom(name: string = 'fake'): FakeRoom {
  return new FakeSource().at(new AnyKind(), name);
}

/** Creates plain rooms, for code that injects `Rooms`. Each room is a {@link FakeRoom}. */
export function fakeRooms(): FakeRooms<Rooms>;
/**
 * Creates a kind of rooms, for code that injects one. Each room is a {@link FakeRoom}, with the options of the kind and
 * with its `authorize()` and `memberOf()`.
 *
 * @param kind The class, or an instance if its constructor takes arguments.
 *
 * @example
 * ```ts
 * const rooms = fakeRooms(ChatRooms);
 * await new NoticeService(rooms).tell('blue', 'hi');
 * expect(rooms.at('blue').sent).toEqual([{ message: 'hi' }]);
 * ```
 */
export function fakeRooms<TRooms extends AnyRooms>(
  kind: TRooms | (new () => TRooms),
): FakeRooms<TRooms>;
export function fakeRooms(kind: AnyRooms | (new () => AnyRooms) = new PlainRooms()): AnyRooms {
  const rooms = typeof kind === 'function' ? new kind() : kind;
  return Object.assign(rooms, { [ROOM_SOURCE]: new FakeSource() });
}
