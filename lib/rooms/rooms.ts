import { Inject, Injectable } from '@nestjs/common';
import type { Observable } from 'rxjs';
import type { WebSocketConnection } from '../handles/connection.handles.js';
import type { MemberKey } from '../handles/presence.handle.js';
import type { Room, RoomGap } from '../handles/room.handle.js';
import { SharedClass } from '../handles/shared.class.js';
import type { BrokerStatus } from './broker.session.js';

/** The injection token for rooms, shared by both builds of this package. */
export const ROOM_SOURCE: unique symbol = Symbol.for('nestjs-revali-ws:room-source');
/** What a kind of rooms overrides. */
export const ROOM_HOOKS: unique symbol = Symbol.for('nestjs-revali-ws:room-hooks');

/** Hands out the rooms of a kind. The kind defines the type of their messages. */
export interface RoomSource<TMessage = unknown, TMember extends object = object> {
  readonly status: BrokerStatus;
  readonly statusChanges: Observable<BrokerStatus>;
  at(kind: object, name: string): Room<TMessage, TMember>;
}

/** What a kind of rooms decides. */
export interface RoomHooks {
  authorize(connection: WebSocketConnection<object>, room: string): boolean | Promise<boolean>;
  describe(connection: WebSocketConnection<object>, room: string): unknown;
  onGap(gap: RoomGap): void | Promise<void>;
}

/**
 * A kind of rooms, as a provider. Inject `Rooms` itself for plain rooms, or your own class that extends it, with
 * `@WebSocketRooms()`.
 *
 * @typeParam TMessage The type of broadcasts.
 * @typeParam TMember What others see of a member in addition to its key. See {@link Rooms.memberOf}.
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

  /** Whether broadcasts and joins can succeed, for readiness probes. Always `'ready'` with a `MemoryBroker`. */
  get status(): BrokerStatus {
    return this[ROOM_SOURCE].status;
  }

  /** The current status, then each change. */
  get statusChanges(): Observable<BrokerStatus> {
    return this[ROOM_SOURCE].statusChanges;
  }

  /**
   * Returns the room with this name. It costs nothing, and contacts nobody.
   *
   * @param name 1 to 200 bytes of UTF-8, without spaces and control characters.
   * @throws InvalidRoomNameException (400) for an invalid name.
   */
  at(name: string): Room<TMessage, TMember> {
    return this[ROOM_SOURCE].at(this, name);
  }

  /**
   * Override it to decide whether a connection may enter; only `true` lets it in. It is called at each join, before the
   * 101 with `@JoinRoom()`. If the connection is the first in the room on this application, it is called once more
   * after the broker has confirmed, because an `expel()` may have been missed until then. Default: everyone who has
   * come this far.
   */
  protected authorize?(
    connection: WebSocketConnection<object>,
    room: string,
  ): boolean | Promise<boolean>;

  /**
   * Override it to choose what others see of a connection in rooms with `presence: true`. It is called at each join,
   * before the 101 with `@JoinRoom()`. If it throws, or returns no key, the connection may not enter. Connections with
   * the same key count as one. Default: the connection's id as its key, and nothing else.
   *
   * @returns A value with a JSON form.
   */
  protected memberOf?(connection: WebSocketConnection<object>, room: string): MemberKey & TMember;

  /**
   * Override it to react when members of a room in this application may have missed messages that neither the broker
   * nor the room can supply any more.
   */
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

/** A kind of rooms with any type of broadcasts. */
export type AnyRooms = Rooms<unknown, object>;
