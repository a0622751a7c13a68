import type { Observable } from 'rxjs';
import type { WebSocket } from 'ws';
import { HANDLE, type HandleKind, type WebSocketConnection } from './connection.handles.js';
import type { Present, PresenceChange, PresenceCount, MemberKey } from './presence.handle.js';
import { SharedClass } from './shared.class.js';

/** A possible member: a connection of a route, or the client of a gateway that `RevaliWsAdapter` serves. */
export type RoomClient = WebSocketConnection<object> | WebSocket;

/** Options of {@link Room.broadcast}. */
export interface BroadcastOptions {
  /** Connections, clients, or ids of connections that do not get it. At most 255. */
  readonly except?: RoomClient | readonly (RoomClient | string)[];
  /**
   * Only for members of this application. It has no order relative to other broadcasts, no place in the history, and
   * does not reach members that are catching up. Default: false.
   */
  readonly local?: boolean;
  /**
   * An id that is accepted once within two minutes. To repeat a broadcast whose outcome is unknown, use the same id.
   * Only if the rooms keep history. At most 64 characters.
   */
  readonly id?: string;
}

/** A position in the history of a room, as `<offset>.<tag>`. Treat it as opaque: keep it, and pass it back. */
export type Position = string;

/** The broker has accepted a broadcast. */
export interface Accepted {
  /** Present if the room keeps history. */
  readonly position?: Position;
  /** `'local'`: only members of this application received it. */
  readonly scope: 'all' | 'local';
}

/** Options of {@link Room.join}. */
export interface JoinOptions<TMember extends object = object> {
  /**
   * The client's position: it gets everything broadcast since then, or, if that is incomplete, none of it. Only if the
   * rooms keep history.
   */
  readonly after?: Position;
  /** How many of the newest messages it gets first if it does not resume. Default: 0. */
  readonly replay?: number;
  /**
   * What others see of the connection, instead of the result of `memberOf()`. If the connection is already in the room,
   * this updates it. Needs `presence: true`.
   */
  readonly as?: MemberKey & TMember;
}

/** The membership of a connection in a room. */
export interface Membership<TMessage = unknown> {
  /** The member. For a gateway's client, its `socket` is the client. */
  readonly connection: WebSocketConnection<object>;
  /** The room it is in. */
  readonly room: Room<TMessage>;
  /** The position of the newest message at the join, if the rooms keep history. */
  readonly position?: Position;
  /** With `after`: whether the connection gets everything since then. */
  readonly recovered?: boolean;
  /** Leaves the room: the connection gets no more messages. */
  leave(): void;
}

/**
 * Who has to leave: one connection, or everyone with a key, as `memberOf()` returns it. A key needs `presence: true`.
 */
export type ExpelTarget =
  | {
      /** The id of a connection. */
      readonly connection: string;
    }
  | MemberKey;

/** How `expel()` closes connections, if it does. */
export interface ExpelClose {
  /** See {@link CloseWebSocket.close}. */
  readonly code: number;
  /** At most 123 bytes of UTF-8. Default: none. */
  readonly reason?: string;
}

/** A message of a room, decoded for the application. */
export interface RoomRecord<TMessage = unknown> {
  /** `undefined` if the rooms keep no history. */
  readonly position?: Position;
  /** As broadcast: bytes as a Buffer, and a JSON message as JSON decodes it. */
  readonly message: TMessage;
}

/** A message from the history. */
export interface KeptRecord<TMessage = unknown> extends RoomRecord<TMessage> {
  /** Its position. */
  readonly position: Position;
}

/** The history of a room. */
export interface RoomHistory<TMessage = unknown> {
  /** Oldest first, without gaps. */
  readonly messages: readonly KeptRecord<TMessage>[];
  /** The position of the room's newest message. */
  readonly position: Position;
  /** Whether no message between `after` and the first one is missing. True without `after`. */
  readonly isComplete: boolean;
}

/** Selects a part of a room's history. */
export interface HistoryQuery {
  /** The messages after this position. Default: the newest ones. */
  readonly after?: Position;
  /** Messages. Default: 100. */
  readonly limit?: number;
}

/** Messages of a room may be missing from here on. */
export interface RoomGap {
  /** The name of the room. */
  readonly room: string;
  /** Messages before it may be missing. `undefined` if the rooms keep no history. */
  readonly position?: Position;
}

/**
 * A room: its members, and what is sent to all of them. Get it from `rooms.at(name)`, or declare a handler parameter of
 * this type on a route with `@JoinRoom()`. A room without members takes no memory.
 *
 * @typeParam TMessage The type of broadcasts.
 * @typeParam TMember What others see of a member in addition to its key.
 */
@SharedClass('Room')
export abstract class Room<TMessage = unknown, TMember extends object = object> {
  /** @internal */
  static readonly [HANDLE]: HandleKind = 'room';

  /** The name within its kind. */
  abstract readonly name: string;
  /** Members in this application. */
  abstract readonly local: Iterable<WebSocketConnection<object>>;

  /**
   * Sends a message to all members, in all applications that share the broker, in the same order for everyone.
   * `undefined` is never sent. If you do not await the promise, a rejection does no harm.
   *
   * @returns When the broker has accepted it.
   * @throws UnserializableMessageException, MessageTooLargeException, BrokerUnavailableException (as rejections)
   */
  abstract broadcast(
    message: TMessage,
    options: BroadcastOptions & { readonly receipt: true },
  ): Promise<Accepted>;
  abstract broadcast(message: TMessage, options?: BroadcastOptions): Promise<void>;

  /**
   * Makes a connection a member until it leaves or ends. Joining twice has no effect, except for a different `as`.
   *
   * @returns Once the broker has confirmed: the member gets everything accepted after that.
   * @throws RoomForbiddenException if `authorize()` refuses, TooManyRoomsException, BrokerUnavailableException,
   * InvalidRoomMemberException, TypeError if the client cannot be a member, and what `memberOf()` throws
   */
  abstract join(client: RoomClient, options?: JoinOptions<TMember>): Promise<Membership<TMessage>>;

  /** Removes a member, which gets no more messages. Connections leave automatically when they end. */
  abstract leave(client: RoomClient): void;

  /** Whether it is a member here. */
  abstract has(client: RoomClient): boolean;

  /**
   * Makes members leave, in all applications. `authorize()` decides who may enter afterwards.
   *
   * @param who The id of a connection; for a gateway's client, see {@link Membership.connection}. Or a key, for all of
   * its connections.
   * @param close Also closes their connections.
   * @throws BrokerUnavailableException, NoPresenceException for a key if the kind lacks `presence: true` (as
   * rejections)
   */
  abstract expel(who: ExpelTarget, close?: ExpelClose): Promise<void>;

  /**
   * Reads the history of the room.
   *
   * @throws NoHistoryException if its kind keeps none, BrokerUnavailableException (as rejections)
   */
  abstract history(query?: HistoryQuery): Promise<RoomHistory<TMessage>>;

  /**
   * Messages of the room for the application itself, such as a worker without connections. It errors with a
   * `RoomGapException` if messages are missing; read the state again, then listen again.
   *
   * @param query With `after`, everything broadcast since then comes first.
   */
  abstract listen(query?: Pick<HistoryQuery, 'after'>): Observable<RoomRecord<TMessage>>;

  /**
   * The members in all applications. Accurate within seconds, never exact. Needs `presence: true`.
   *
   * @returns One entry per key, sorted by key.
   * @throws PresenceTooLargeException over 10,000 connections, BrokerUnavailableException, NoPresenceException (as
   * rejections)
   */
  abstract presence(): Promise<readonly Present<TMember>[]>;

  /**
   * The number of members in all applications. Needs `presence: true` or `'count'`.
   *
   * @throws BrokerUnavailableException, NoPresenceException (as rejections)
   */
  abstract count(): Promise<PresenceCount>;

  /**
   * Emits the members first, then everyone who comes, goes, or changes. The watcher need not be a member. Needs
   * `presence: true`.
   *
   * @returns Hot only while it has subscribers. It errors with PresenceTooLargeException over 10,000 connections.
   * @throws NoPresenceException
   */
  abstract watch(): Observable<PresenceChange<TMember>>;
}
