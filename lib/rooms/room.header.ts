import type { RoomKey, RoomPosition } from '../brokers/room.broker.js';
import { writePosition } from './room.position.js';

/** Replaces the position if a room has no history. */
export const NO_POSITION = '-';

/** `<kind>/<name>`, in ASCII, without the separators of fields and lists. */
export function writeRoom(key: RoomKey): string {
  const slash = key.indexOf('/');
  const name = encodeURIComponent(key.slice(slash + 1)).replaceAll('~', '%7E');
  return `${key.slice(0, slash)}/${name}`;
}

const written = (position: RoomPosition | undefined): string =>
  position ? writePosition(position) : NO_POSITION;

/** The header of a room's message. @param room As returned by {@link writeRoom}. */
export function messageHeader(room: string, position: RoomPosition | undefined): string {
  return `m ${room} ${written(position)}`;
}

/** @param isContinued Whether what follows continues from the requested position. */
export function joinHeader(
  room: string,
  position: RoomPosition | undefined,
  isContinued: boolean,
): string {
  return `j ${room} ${written(position)} ${isContinued ? 1 : 0}`;
}

/** Messages before the position may be missing. */
export function gapHeader(room: string, position: RoomPosition | undefined): string {
  return `g ${room} ${written(position)}`;
}

export function leaveHeader(room: string, code: number): string {
  return `l ${room} ${code}`;
}

/** What a header says about a room. */
export interface RoomNotice {
  readonly kind: 'm' | 'j' | 'g' | 'l';
  /** `<kind>/<name>`. */
  readonly room: RoomKey;
  /** `undefined` if the room has no history, or the client has left it. */
  readonly position: string | undefined;
  /** In a `j` header. */
  readonly isContinued: boolean;
  /** In an `l` header. */
  readonly code: number | undefined;
}

const NOTICE = /^([mjg]) ([^ ]+) (-|[0-9a-z]+\.[0-9a-f]{8})(?: ([01]))?$/;
const LEAVE = /^l ([^ ]+) (\d{4})$/;

/** Parses a header as a client does. @returns `undefined` if the header is not about a room. */
export function readRoomHeader(header: string): RoomNotice | undefined {
  const [, left, code] = LEAVE.exec(header) ?? [];
  if (left !== undefined) return noticeFrom('l', left, { code: Number(code) });
  const [, kind, room = '', position, flag] = NOTICE.exec(header) ?? [];
  if (kind !== 'm' && kind !== 'j' && kind !== 'g') return undefined;
  if ((kind === 'j') !== (flag !== undefined)) return undefined;
  return noticeFrom(kind, room, {
    position: position === NO_POSITION ? undefined : position,
    isContinued: flag === '1',
  });
}

function noticeFrom(
  kind: RoomNotice['kind'],
  text: string,
  rest: Partial<RoomNotice>,
): RoomNotice | undefined {
  const room = readRoom(text);
  if (room === undefined) return undefined;
  return { kind, room, position: undefined, isContinued: false, code: undefined, ...rest };
}

/** @param text As returned by {@link writeRoom}. @returns `undefined` for any other text. */
export function readRoom(text: string): RoomKey | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
