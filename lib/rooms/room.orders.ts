import type { RoomPresence } from '../presence/room.presence.js';
import { expel, readExpulsion } from './expulsion.js';
import type { KindTable } from './kind.table.js';
import type { LocalRoom } from './local.room.js';
import type { RoomEntrance } from './room.entrance.js';
import type { RoomMember } from './room.member.js';

export interface OrderParts {
  readonly presence: RoomPresence;
  readonly entrance: Pick<RoomEntrance, 'guestsOf'>;
  readonly kinds: Pick<KindTable, 'at'>;
}

/** Carries out an order from another application. An unknown order comes from a later version. */
export function obey(
  order: Buffer,
  room: LocalRoom<RoomMember>,
  { presence, entrance, kinds }: OrderParts,
): void {
  const { key } = room;
  if (presence.obey(key, order)) return;
  const expulsion = readExpulsion(order);
  if (!expulsion) return;
  expel(expulsion, room, presence, {
    guests: entrance.guestsOf(key),
    isOf: (name, member) => presence.willBeOf(name, kinds.at(key), key, member),
  });
}
