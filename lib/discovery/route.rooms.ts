import { PLAIN_KIND } from '../rooms/plain.rooms.js';
import { kindMetadataOf } from '../rooms/room.kind.js';
import { Rooms } from '../rooms/rooms.js';
import type { JoinMetadata, RoomsClass } from './join.metadata.js';

/** Rooms that the connections of a route join before they open, from one `@JoinRoom()`. */
export interface WebSocketRouteRooms {
  /** The name from `@WebSocketRooms()`; `rooms` for `Rooms` itself. */
  readonly kind: string;
  /** A name with path parameters, such as `:room`. Absent if a function returns the names. */
  readonly names?: string;
}

/** In join order. */
export function routeRoomsOf(joins: readonly JoinMetadata[]): readonly WebSocketRouteRooms[] {
  return Object.freeze(
    joins.map(({ kind, names }) =>
      Object.freeze({ kind: kindNameOf(kind), ...(typeof names === 'string' && { names }) }),
    ),
  );
}

/** A class without a name is refused when its route is bound. */
function kindNameOf(kind: RoomsClass): string {
  if (kind === Rooms) return PLAIN_KIND;
  return kindMetadataOf(kind)?.name ?? kind.name;
}
