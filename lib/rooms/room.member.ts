import type { WebSocketConnection } from '../handles/connection.handles.js';
import type { Recipient } from './recipient.js';
import type { RoomPlaces } from './room.places.js';

/** A connection as rooms see it. */
export interface RoomMember extends WebSocketConnection<object>, Recipient {
  /** Whether it is not open yet. */
  readonly isComing: boolean;
  /** Whether nothing can be sent to it any more. */
  readonly hasEnded: boolean;
  /** Runs in the asynchronous context of the connection. */
  inScope(run: () => void): void;
  /** `undefined` until it enters a room for the first time. */
  places: RoomPlaces<RoomMember> | undefined;
}

/** The key under which another object, such as a gateway's client, holds its member. */
export const ROOM_MEMBER: unique symbol = Symbol.for('nestjs-revali-ws:room-member');

/** @returns `undefined` if the client neither is nor has a member. */
export function memberOf(client: object): RoomMember | undefined {
  if (isMember(client)) return client;
  const member: unknown = Reflect.get(client, ROOM_MEMBER);
  return isMember(member) ? member : undefined;
}

/** Fake connections of the testing kit are not members. */
export function isMember(connection: unknown): connection is RoomMember {
  return (
    typeof connection === 'object' &&
    connection !== null &&
    'deliverMissed' in connection &&
    typeof connection.deliverMissed === 'function'
  );
}
