import { channel } from 'node:diagnostics_channel';
import type { WebSocketConnection } from '../handles/connection.handles.js';

/**
 * Published on `nestjs-revali-ws:room.joined` when a connection has become a member, and on
 * `nestjs-revali-ws:room.left` when it is one no more, by itself, by `expel()` or with its end. One that joins by
 * `@JoinRoom()` has joined before `connection.opened`.
 */
export interface RoomMemberEvent {
  /** As `@WebSocketRooms()` names it; `rooms` for `Rooms` itself. */
  readonly kind: string;
  /** The name of the room. */
  readonly room: string;
  /** The same object in all events of one connection. */
  readonly connection: WebSocketConnection<object>;
}

/**
 * Published on `nestjs-revali-ws:room.gap` when all members of a room in this application may have missed messages, as
 * `onGap()` is called.
 */
export interface RoomGapEvent {
  /** As `@WebSocketRooms()` names it. */
  readonly kind: string;
  /** The name of the room. */
  readonly room: string;
  /** What was before it may be missing. Absent where the rooms keep no history. */
  readonly position?: string;
}

/** Published on `nestjs-revali-ws:broker.lost` when the link to the broker, or to one of its servers, is lost. */
export interface BrokerLostEvent {
  /** Its `name`. */
  readonly broker: string;
}

/** Published on `nestjs-revali-ws:broker.ready` when the link is there for the first time, and each time it is back. */
export interface BrokerReadyEvent extends BrokerLostEvent {
  /** Milliseconds for which it was lost. Absent at the first time. */
  readonly lostMs?: number;
}

/** As {@link channels} of connections: nothing is published without subscribers. */
export const roomChannels = {
  /** {@link RoomMemberEvent} */
  joined: channel('nestjs-revali-ws:room.joined'),
  /** {@link RoomMemberEvent} */
  left: channel('nestjs-revali-ws:room.left'),
  /** {@link RoomGapEvent} */
  gap: channel('nestjs-revali-ws:room.gap'),
  /** {@link BrokerLostEvent} */
  lost: channel('nestjs-revali-ws:broker.lost'),
  /** {@link BrokerReadyEvent} */
  ready: channel('nestjs-revali-ws:broker.ready'),
} as const;

/** A connection, and its asynchronous context. */
interface Joining extends WebSocketConnection<object> {
  inScope(run: () => void): void;
}

export function publishMember(
  what: 'joined' | 'left',
  kind: string,
  room: string,
  connection: Joining,
): void {
  const { [what]: told } = roomChannels;
  if (!told.hasSubscribers) return;
  connection.inScope(() => told.publish({ kind, room, connection } satisfies RoomMemberEvent));
}

export function publishGap(event: RoomGapEvent): void {
  if (roomChannels.gap.hasSubscribers) roomChannels.gap.publish(event);
}

export function publishLost(broker: string): void {
  if (roomChannels.lost.hasSubscribers) roomChannels.lost.publish({ broker });
}

export function publishReady(broker: string, lostMs: number | undefined): void {
  if (roomChannels.ready.hasSubscribers)
    roomChannels.ready.publish({ broker, ...(lostMs !== undefined && { lostMs }) });
}
