import type { RoomKey } from '../room.broker.js';

/** Kinds and prefixes as subjects and streams may be named. Others are encoded. */
const PLAIN = /^[\w-]{1,64}$/;

export const encode = (text: string): string => Buffer.from(text).toString('base64url');

/** No text of anybody's own is part of a subject: `.`, `*`, `>` and blanks would mean something. */
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

  /** Messages of a room that are kept. */
  kept(room: RoomKey): string {
    return `${this.prefix}.h.${pathOf(room)}`;
  }

  /** All rooms of a kind: what is kept, and where it is told. */
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

/** The escape begins with what nothing plain begins with, so that no two names are one. */
const plain = (name: string): string =>
  PLAIN.test(name) && !name.startsWith('-') ? name : `-${encode(name)}`;
