import type { BroadcastOptions, RoomClient } from '../handles/room.handle.js';
import { memberOf } from './room.member.js';
import { MAX_EXCEPT } from './room.packet.js';

const ID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

/** @throws RangeError for too many, TypeError for an invalid id: otherwise somebody excluded would get the message. */
export function exceptedIds(except: BroadcastOptions['except']): string[] {
  if (except === undefined) return [];
  const list = isList(except) ? except : [except];
  if (list.length > MAX_EXCEPT)
    throw new RangeError(`except: ${list.length} are more than ${MAX_EXCEPT}`);
  return list.map((each) => {
    const id = typeof each === 'string' ? each : memberOf(each)?.id;
    if (id === undefined || !ID.test(id))
      throw new TypeError('except: use connections, clients of gateways, or ids of connections');
    return id;
  });
}

function isList(
  except: NonNullable<BroadcastOptions['except']>,
): except is readonly (RoomClient | string)[] {
  return Array.isArray(except);
}
