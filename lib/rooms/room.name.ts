import type { RoomKey } from '../brokers/room.broker.js';
import { InvalidRoomNameException } from '../errors/room.exceptions.js';

/** Bytes of UTF-8. */
const MAX_NAME = 200;
/** Characters that a log, a header, or a broker could misread. */
const FORBIDDEN = /[\p{Cc}\p{Z}\ufeff]/u;

/** @throws InvalidRoomNameException */
export function roomKeyOf(kind: string, name: unknown): RoomKey {
  if (typeof name !== 'string' || name === '' || FORBIDDEN.test(name) || !name.isWellFormed())
    throw new InvalidRoomNameException(kind);
  if (Buffer.byteLength(name) > MAX_NAME) throw new InvalidRoomNameException(kind);
  // Flat from the start: a template string would keep its parts in memory as well.
  return [kind, '/', name].join('');
}

export const kindNameOf = (key: RoomKey): string => key.slice(0, key.indexOf('/'));

export const nameOf = (key: RoomKey): string => key.slice(key.indexOf('/') + 1);
