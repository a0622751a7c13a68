import { Inject, Injectable } from '@nestjs/common';
import type { Observable } from 'rxjs';
import type { WebSocketConnection } from '../handles/connection.handles.js';
import type { MemberKey } from '../handles/presence.handle.js';
import type { Room, RoomGap } from '../handles/room.handle.js';
import { SharedClass } from '../handles/shared.class.js';
import type { BrokerStatus } from './broker.session.js';

/** What rooms are injected with, known to both builds of this package. */
export const ROOM_SOURCE: unique symbol = Symbol.for('nestjs-revali-ws:room-source');
/** What a kind of rooms overrides. */
export const ROOM_HOOKS: unique symbol = Symbol.for('nestjs-revali-ws:room-hooks');

/** Gives out the rooms of a kind. What is broadcast in them is what the kind says. */
export interface RoomSource<TMessage = unknown, TMember extends object = object> {
  readonly status: BrokerStatus;
  readonly statusChanges: Observable<BrokerStatus>;
  at(kind: object, name: string): Room<TMessage, TMember>;
}

/** What a kind of rooms decides by itself. */
export interface RoomHooks {
  authorize(connection: WebSocketConnection<object>, room: string): boolean | Promise<boolean>;
  describe(connection: WebSocketConnection<object>, room: string): unknown;
  onGap(gap: RoomGap): void | Promise<void>;
}

/**
 * A kind of rooms, as a provider. Inject `Rooms` itself for plain rooms, or a class of your own that extends it, with
 * `@WebSocketRooms()`.
 *
 * @typeParam TMessage What is broadcast in them.
 * @typeParam TMember What others see of a member, besides its key. See {@link Rooms.memberOf}.
 *
 * @example
 * ```ts
 * @WebSocketRooms('chat')
 * export class ChatRooms extends Rooms<ChatEvent> {}
 * ```
 */
@Injectable()
@SharedClass('Rooms')
export abstract class Rooms<TMessage = unknown, TMember extends object = never> {
  /** @internal Injected by Nest. */
  @Inject(ROOM_SOURCE)
  readonly [ROOM_SOURCE]!: RoomSource<TMessage, TMember>;

  /** Whether broadcasts and joins have a chance: for readiness probes. Always `'ready'` with a `MemoryBroker`. */
  get status(): BrokerStatus {
    return this[ROOM_SOURCE].status;
  }

  /** The status now, and each change of it. */
  get statusChanges(): Observable<BrokerStatus> {
    return this[ROOM_SOURCE].statusChanges;
  }

  /**
   * The room of this name. Costs nothing, and asks nobody.
   *
   * @param name 1 to 200 bytes of UTF-8, without spaces and control characters.
   * @throws InvalidRoomNameException (400) for another one.
   */
  at(name: string): Room<TMessage, TMember> {
    return this[ROOM_SOURCE].at(this, name);
  }

  /**
   * Overridden: whether this connection may enter; nothing but `true` lets it in. Asked at each join, before the 101
   * where `@JoinRoom()` is used, and once more where the room is the first of its name here: an `expel()` could have been
   * missed until the broker has confirmed. Default: everybody may who has come this far.
   */
  protected authorize?(
    connection: WebSocketConnection<object>,
    room: string,
  ): boolean | Promise<boolean>;

  /**
   * Overridden: what others see of a connection in rooms with `presence: true`. Asked at each join, before the 101 where
   * `@JoinRoom()` is used; if it throws, or gives no key, the connection is not let in. Connections of one key count as
   * one. Default: the connection's id as its key, and no more.
   *
   * @returns What has a JSON form.
   */
  protected memberOf?(connection: WebSocketConnection<object>, room: string): MemberKey & TMember;

  /** Overridden: members of a room here may have missed messages, which neither broker nor room can give any more. */
  protected onGap?(gap: RoomGap): void | Promise<void>;

  /** @internal */
  get [ROOM_HOOKS](): RoomHooks {
    return {
      authorize: (connection, room) =>
        this.authorize === undefined ? true : this.authorize(connection, room),
      describe: (connection, room) =>
        this.memberOf === undefined ? { key: connection.id } : this.memberOf(connection, room),
      onGap: (gap) => this.onGap?.(gap),
    };
  }
}

/** A kind of rooms, whatever it broadcasts. */
export type AnyRooms = Rooms<unknown, object>;
