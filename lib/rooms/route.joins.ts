import { InvalidRoomsException } from '../errors/room.exceptions.js';
import type { WebSocketConnection } from '../handles/connection.handles.js';
import { discardPromise } from '../values/thenable.js';
import type { HubRoom } from './hub.room.js';
import type { RoomHub } from './room.hub.js';
import { isMember } from './room.member.js';
import type { AnyRooms } from './rooms.js';

/** Returns the names of rooms for a connection that is about to open. */
export type RoomNames = (connection: WebSocketConnection<object>) => string | readonly string[];

/** One `@JoinRoom()` of a route. */
export interface RouteJoin {
  /** The class by which handlers ask for the room. */
  readonly kind: object;
  readonly rooms: AnyRooms;
  readonly names: RoomNames;
  /** Messages. */
  readonly replay: number;
}

/** Admits a connection to the rooms of its route before it opens; the connection owns its places even if it fails. */
export class RouteJoins {
  constructor(
    private readonly hub: RoomHub,
    private readonly joins: readonly RouteJoin[],
  ) {}

  /**
   * @param takesHeaders Whether its client asked for headers, and so may say where it was.
   * @throws InvalidRoomNameException, RoomForbiddenException, TooManyRoomsException, BrokerUnavailableException, and
   * what `authorize()` throws
   */
  async reserve(connection: WebSocketConnection<object>, takesHeaders: boolean): Promise<void> {
    if (!isMember(connection)) return;
    const places = this.hub.entrance.placesOf(connection);
    for (const { kind, rooms, names, replay } of this.joins) {
      const list = [namesFrom(names(connection))].flat();
      for (const name of new Set(list)) {
        const room: HubRoom = this.hub.at(rooms, name);
        // oxlint-disable-next-line no-await-in-loop -- a name that is refused keeps the next from being asked for
        await room.enter(connection, { how: 'reserve', replay, takesHeaders });
        places.show(kind, room);
      }
    }
  }
}

/** A function of names is not awaited: slow work belongs in a guard. @throws TypeError */
function namesFrom(names: string | readonly string[]): string | readonly string[] {
  if (discardPromise(names))
    throw new TypeError(
      'The names of @JoinRoom() are a promise: use a function that is not async, and do slow work in a guard',
    );
  return names;
}

const PARAMETER = /:([A-Za-z_]\w*)/g;

/** @throws InvalidRoomsException if a path has no such parameter. */
export function checkTemplate(
  template: string,
  paths: readonly { readonly path: string }[],
  where: string,
): void {
  const asked = [...template.matchAll(PARAMETER)].map(([, name = '']) => name);
  for (const name of asked) {
    const without = paths.find(({ path }) => !new RegExp(`[:*]"?${name}\\b`).test(path));
    if (!without) continue;
    throw new InvalidRoomsException(
      where,
      `joins the room '${template}', and its path ${without.path} has no parameter "${name}"`,
      'Name a parameter of the path, or give a function.',
    );
  }
}

/** `:room`, `team-:id`: replaces path parameters with their values. */
export function namesOf(template: string): RoomNames {
  return ({ params }) =>
    template.replace(PARAMETER, (_whole, name: string) => [params[name] ?? ''].flat().join('/'));
}
