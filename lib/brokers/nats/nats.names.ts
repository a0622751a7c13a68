import type { RoomKey } from '../room.broker.js';

/** Kinds and prefixes that are valid names of subjects and streams. Others are encoded. */
const PLAIN = /^[\w-]{1,64}$/;

export const encode = (text: string): string => Buffer.from(text).toString('base64url');

/** User-supplied text never becomes part of a subject as is: `.`, `*`, `>`, and blanks have a meaning there. */
export class NatsNames {
  /** As a part of subjects. */
  readonly prefix: string;

  constructor(prefix: string) {
    this.prefix = plain(prefix);
  }

  /** Live messages of a room. */
  live(room: RoomKey): string {
    return `${this.prefix}.r.${pathOf(room)}`;
  }

  /** Kept messages of a room. */
  kept(room: RoomKey): string {
    return `${this.prefix}.h.${pathOf(room)}`;
  }

  /** All rooms of a kind: the subjects for kept and for live messages. */
  ofKind(kind: string): { readonly kept: string; readonly live: string } {
    const name = plain(kind);
    return { kept: `${this.prefix}.h.${name}.*`, live: `${this.prefix}.r.${name}.{{wildcard(1)}}` };
  }

  stream(kind: string): string {
    return `${this.prefix}_history_${plain(kind)}`;
  }
}

export const kindOf = (room: RoomKey): string => room.slice(0, Math.max(0, room.indexOf('/')));

export function pathOf(room: RoomKey): string {
  const kind = kindOf(room);
  return `${plain(kind)}.${encode(room.slice(kind.length + 1))}`;
}

/** The escape starts with a character that no plain name starts with, so no two names collide. */
const plain = (name: string): string =>
  PLAIN.test(name) && !name.startsWith('-') ? name : `-${encode(name)}`;
