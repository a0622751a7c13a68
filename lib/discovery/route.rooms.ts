import { PLAIN_KIND } from '../rooms/plain.rooms.js';
import { kindMetadataOf } from '../rooms/room.kind.js';
import { Rooms } from '../rooms/rooms.js';
import type { JoinMetadata, RoomsClass } from './join.metadata.js';

/** Rooms that the connections of a route join before they open: one `@JoinRoom()`. */
export interface WebSocketRouteRooms {
  /** As `@WebSocketRooms()` names it; `rooms` for `Rooms` itself. */
  readonly kind: string;
  /** `:room`, with parameters of the path. Absent where a function tells the names. */
  readonly names?: string;
}

/** In the order in which they are joined. */
export function routeRoomsOf(joins: readonly JoinMetadata[]): readonly WebSocketRouteRooms[] {
  return Object.freeze(
    joins.map(({ kind, names }) =>
      Object.freeze({ kind: kindNameOf(kind), ...(typeof names === 'string' && { names }) }),
    ),
  );
}

/** One without a name is refused where its route is bound. */
function kindNameOf(kind: RoomsClass): string {
  if (kind === Rooms) return PLAIN_KIND;
  return kindMetadataOf(kind)?.name ?? kind.name;
}
