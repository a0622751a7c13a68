import { channel } from 'node:diagnostics_channel';
import type { WebSocketConnection } from '../handles/connection.handles.js';

/**
 * Published on `nestjs-revali-ws:room.joined` when a connection has become a member, and on
 * `nestjs-revali-ws:room.left` when it has left, was expelled by `expel()`, or has ended. A connection with
 * `@JoinRoom()` joins before `connection.opened`.
 */
export interface RoomMemberEvent {
  /** The name from `@WebSocketRooms()`; `rooms` for `Rooms` itself. */
  readonly kind: string;
  /** The name of the room. */
  readonly room: string;
  /** The same object in all events of one connection. */
  readonly connection: WebSocketConnection<object>;
}

/**
 * Published on `nestjs-revali-ws:room.gap` when all members of a room in this application may have missed messages,
 * along with the call of `onGap()`.
 */
export interface RoomGapEvent {
  /** The name from `@WebSocketRooms()`. */
  readonly kind: string;
  /** The name of the room. */
  readonly room: string;
  /** Messages before it may be missing. Absent if the rooms keep no history. */
  readonly position?: string;
}

/** Published on `nestjs-revali-ws:broker.lost` when the link to the broker, or to one of its servers, is lost. */
export interface BrokerLostEvent {
  /** The broker's `name`. */
  readonly broker: string;
}

/** Published on `nestjs-revali-ws:broker.ready` when the link is first established, and each time it is restored. */
export interface BrokerReadyEvent extends BrokerLostEvent {
  /** How long it was lost, in ms. Absent the first time. */
  readonly lostMs?: number;
}

/** Like {@link channels}: nothing is published without subscribers. */
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

/** A connection and its asynchronous context. */
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
