import type { Observable } from 'rxjs';
import type { WebSocket } from 'ws';
import { HANDLE, type HandleKind, type WebSocketConnection } from './connection.handles.js';
import type { Present, PresenceChange, PresenceCount, MemberKey } from './presence.handle.js';
import { SharedClass } from './shared.class.js';

/** Who can be a member: a connection of a route, or the client of a gateway that `RevaliWsAdapter` serves. */
export type RoomClient = WebSocketConnection<object> | WebSocket;

/** Options of {@link Room.broadcast}. */
export interface BroadcastOptions {
  /** Who does not get it: connections, clients, or ids of connections. At most 255. */
  readonly except?: RoomClient | readonly (RoomClient | string)[];
  /**
   * Only to members of this application. It keeps no order with other broadcasts, has no place in the history, and is
   * not sent to members that are catching up. Default: false.
   */
  readonly local?: boolean;
  /**
   * The same id within two minutes is accepted once: repeat a broadcast with it whose outcome is unknown. Only where the
   * rooms keep history. At most 64 characters.
   */
  readonly id?: string;
}

/** A place in the history of a room, as `<offset>.<tag>`. Opaque: keep it, and give it back. */
export type Position = string;

/** That the broker has taken a broadcast. */
export interface Accepted {
  /** Where the room keeps history. */
  readonly position?: Position;
  /** `'local'`: only members of this application were told. */
  readonly scope: 'all' | 'local';
}

/** Options of {@link Room.join}. */
export interface JoinOptions<TMember extends object = object> {
  /** Where the client was: it gets what was broadcast since, or all of nothing. Only where the rooms keep history. */
  readonly after?: Position;
  /** How many of the newest messages it gets first, where it does not go on from somewhere. Default: 0. */
  readonly replay?: number;
  /**
   * What others see of the connection, in place of what `memberOf()` says. Of one that is in the room already, it is an
   * update. Needs `presence: true`.
   */
  readonly as?: MemberKey & TMember;
}

/** That a connection is in a room. */
export interface Membership<TMessage = unknown> {
  /** The member. That of a gateway's client has the client as its `socket`. */
  readonly connection: WebSocketConnection<object>;
  /** The room that it is in. */
  readonly room: Room<TMessage>;
  /** Of the newest message at the join, where the rooms keep history. */
  readonly position?: Position;
  /** With `after`: whether the connection gets everything since. */
  readonly recovered?: boolean;
  /** It gets nothing more. */
  leave(): void;
}

/**
 * Who is made to leave: one connection, or everybody of a key, as `memberOf()` gives it. The key needs
 * `presence: true`.
 */
export type ExpelTarget =
  | {
      /** The id of a connection. */
      readonly connection: string;
    }
  | MemberKey;

/** How `expel()` closes, where it does. */
export interface ExpelClose {
  /** See {@link CloseWebSocket.close}. */
  readonly code: number;
  /** At most 123 bytes of UTF-8. Default: none. */
  readonly reason?: string;
}

/** A message of a room, read by the application. */
export interface RoomRecord<TMessage = unknown> {
  /** `undefined` where the rooms keep no history. */
  readonly position?: Position;
  /** As it was broadcast: bytes as a Buffer, what became JSON as it is after JSON. */
  readonly message: TMessage;
}

/** A message that is kept. */
export interface KeptRecord<TMessage = unknown> extends RoomRecord<TMessage> {
  /** Its place. */
  readonly position: Position;
}

/** What is kept of a room. */
export interface RoomHistory<TMessage = unknown> {
  /** Oldest first, without a hole. */
  readonly messages: readonly KeptRecord<TMessage>[];
  /** Of the newest message of the room. */
  readonly position: Position;
  /** Whether nothing is missing between `after` and the first message. True without `after`. */
  readonly isComplete: boolean;
}

/** Which part of a room's history. */
export interface HistoryQuery {
  /** The messages behind this position. Default: the newest ones. */
  readonly after?: Position;
  /** Messages. Default: 100. */
  readonly limit?: number;
}

/** Messages of a room may be missing from here on. */
export interface RoomGap {
  /** The name of the room. */
  readonly room: string;
  /** What was before it may be missing. `undefined` where the rooms keep no history. */
  readonly position?: Position;
}

/**
 * A room: who is in it, and what goes to all of them. What `rooms.at(name)` returns, and a parameter of handlers of a
 * route with `@JoinRoom()`, by its type. Nothing is kept for a room without members.
 *
 * @typeParam TMessage What is broadcast.
 * @typeParam TMember What others see of a member, besides its key.
 */
@SharedClass('Room')
export abstract class Room<TMessage = unknown, TMember extends object = object> {
  /** @internal */
  static readonly [HANDLE]: HandleKind = 'room';

  /** Within its kind. */
  abstract readonly name: string;
  /** Members in this application. */
  abstract readonly local: Iterable<WebSocketConnection<object>>;

  /**
   * Sends to all members, in all applications that share the broker, in one order for all of them. `undefined` is
   * never sent. A promise that nobody awaits may reject without harm.
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
   * Makes a connection a member, until it leaves or ends. Entering twice changes nothing, but for another `as`.
   *
   * @returns Once the broker has confirmed: the member gets whatever is accepted afterwards.
   * @throws RoomForbiddenException where `authorize()` says no, TooManyRoomsException, BrokerUnavailableException,
   * InvalidRoomMemberException, TypeError for what cannot be a member, and what `memberOf()` throws
   */
  abstract join(client: RoomClient, options?: JoinOptions<TMember>): Promise<Membership<TMessage>>;

  /** It gets nothing more. By itself at the end of the connection. */
  abstract leave(client: RoomClient): void;

  /** Whether it is a member here. */
  abstract has(client: RoomClient): boolean;

  /**
   * Makes those leave who are here, in whichever application they are. Who comes afterwards is for `authorize()`.
   *
   * @param who Its id; that of a gateway's client is told by {@link Membership.connection}. Or the key of many.
   * @param close Also closes their connections.
   * @throws BrokerUnavailableException, NoPresenceException for a key where the kind has not `presence: true`
   * (as rejections)
   */
  abstract expel(who: ExpelTarget, close?: ExpelClose): Promise<void>;

  /**
   * What is kept of the room.
   *
   * @throws NoHistoryException where its kind keeps none, BrokerUnavailableException (as rejections)
   */
  abstract history(query?: HistoryQuery): Promise<RoomHistory<TMessage>>;

  /**
   * Messages of the room for the application itself, as a worker without connections. It ends with a
   * `RoomGapException` where messages are missing; read the state anew, and listen again.
   *
   * @param query With `after`, what was broadcast since comes first.
   */
  abstract listen(query?: Pick<HistoryQuery, 'after'>): Observable<RoomRecord<TMessage>>;

  /**
   * Who is here, in all applications. Right within seconds, never exact. Needs `presence: true`.
   *
   * @returns One for each key, in the order of the keys.
   * @throws PresenceTooLargeException over 10,000 connections, BrokerUnavailableException, NoPresenceException
   * (as rejections)
   */
  abstract presence(): Promise<readonly Present<TMember>[]>;

  /**
   * How many are here, in all applications. Needs `presence: true` or `'count'`.
   *
   * @throws BrokerUnavailableException, NoPresenceException (as rejections)
   */
  abstract count(): Promise<PresenceCount>;

  /**
   * Tells who is here, and then who comes, goes and changes. Nobody needs to be a member. Needs `presence: true`.
   *
   * @returns Hot only while somebody has subscribed. It errors with PresenceTooLargeException over 10,000 connections.
   * @throws NoPresenceException
   */
  abstract watch(): Observable<PresenceChange<TMember>>;
}
