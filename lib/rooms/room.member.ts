import type { WebSocketConnection } from '../handles/connection.handles.js';
import type { Recipient } from './recipient.js';
import type { RoomPlaces } from './room.places.js';

/** A connection, as rooms see it. */
export interface RoomMember extends WebSocketConnection<object>, Recipient {
  /** It is not open yet. */
  readonly isComing: boolean;
  /** Nothing can be sent to it any more. */
  readonly hasEnded: boolean;
  /** In the asynchronous context of the connection. */
  inScope(run: () => void): void;
  /** `undefined` until it enters a room for the first time. */
  places: RoomPlaces<RoomMember> | undefined;
}

/** Where another object has the member that stands for it, as the client of a gateway. */
export const ROOM_MEMBER: unique symbol = Symbol.for('nestjs-revali-ws:room-member');

/** @returns `undefined` for what is none, and has none. */
export function memberOf(client: object): RoomMember | undefined {
  if (isMember(client)) return client;
  const member: unknown = Reflect.get(client, ROOM_MEMBER);
  return isMember(member) ? member : undefined;
}

/** Those of the testing kit are not. */
export function isMember(connection: unknown): connection is RoomMember {
  return (
    typeof connection === 'object' &&
    connection !== null &&
    'deliverMissed' in connection &&
    typeof connection.deliverMissed === 'function'
  );
}
