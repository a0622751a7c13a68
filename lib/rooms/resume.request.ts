import type { RoomKey, RoomPosition } from '../brokers/room.broker.js';
import type { Position } from '../handles/room.handle.js';
import { readRoom, writeRoom } from './room.header.js';
import { readPosition } from './room.position.js';

/** The query parameter with the client's positions: `resume=<room>~<position>,…`. */
export const RESUME_PARAMETER = 'resume';
/** Rooms that one handshake can resume. */
const MAX_ROOMS = 64;

/** The client's position in each room, as the client says. Each is removed when it is used. */
export type ResumeRequest = Map<RoomKey, RoomPosition>;

/**
 * Reads the query of a handshake. Invalid parts are skipped: the client learns that it does not resume there.
 *
 * @param url The request's URL, with its query.
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

/**
 * What a client sends to resume. It still has to be encoded as a query parameter. @param positions As the server wrote
 * them.
 */
export function writeResume(positions: Iterable<readonly [RoomKey, Position]>): string {
  return [...positions].map(([room, position]) => `${writeRoom(room)}~${position}`).join(',');
}
