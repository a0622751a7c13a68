import type { RoomKey, RoomPosition } from '../brokers/room.broker.js';
import type { Position } from '../handles/room.handle.js';
import { readRoom, writeRoom } from './room.header.js';
import { readPosition } from './room.position.js';

/** Query parameter that says where a client was: `resume=<room>~<position>,…`. */
export const RESUME_PARAMETER = 'resume';
/** Rooms that one handshake can go on with. */
const MAX_ROOMS = 64;

/** Where a client was in each room, as it says. A room that is asked for is taken off. */
export type ResumeRequest = Map<RoomKey, RoomPosition>;

/**
 * Reads the query of a handshake. What cannot be read is left out: the client is told that it does not go on there.
 *
 * @param url Of the request, with its query.
 */
export function readResume(url: string): ResumeRequest | undefined {
  const query = url.indexOf('?');
  if (query < 0 || !url.includes(RESUME_PARAMETER, query)) return undefined;
  const wanted = new URLSearchParams(url.slice(query)).get(RESUME_PARAMETER);
  if (!wanted) return undefined;
  const positions: ResumeRequest = new Map();
  for (const token of wanted.split(',', MAX_ROOMS)) {
    const tilde = token.lastIndexOf('~');
    const room = tilde < 0 ? undefined : readRoom(token.slice(0, tilde));
    const position = readPosition(token.slice(tilde + 1));
    if (room !== undefined && position) positions.set(room, position);
  }
  return positions.size > 0 ? positions : undefined;
}

/** What a client asks for. It still has to be encoded as a query parameter. @param positions As the server has written them. */
export function writeResume(positions: Iterable<readonly [RoomKey, Position]>): string {
  return [...positions].map(([room, position]) => `${writeRoom(room)}~${position}`).join(',');
}
