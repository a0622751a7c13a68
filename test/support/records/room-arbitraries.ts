import * as fc from 'fast-check';

import { roomKeyOf } from '../../../lib/rooms/room.name.js';

export const tags = fc.stringMatching(/^[0-9a-f]{8}$/);

/** Names that a room may have, those above all that look like something else on the wire. */
export const roomNames = fc
  .oneof(
    fc.stringMatching(/^[~,%/?&=#+.\-:;"\\'()*!a27CE]{1,20}$/),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }),
  )
  .filter(isRoomName);

export const roomKeys = roomNames.map((name) => roomKeyOf('chat', name));

function isRoomName(name: string): boolean {
  try {
    roomKeyOf('chat', name);
    return true;
  } catch {
    return false;
  }
}
