import { Rooms, Sends, WebSocketConnection, WebSocketRooms } from 'nestjs-revali-ws';

import type { CursorEvent, Person } from './board.events.js';

// The events' schemas for the AsyncAPI document: types do not exist at run time.
const MOVED = {
  title: 'Moved',
  type: 'object',
  required: ['type', 'key', 'x', 'y'],
  properties: {
    type: { const: 'moved' },
    key: { type: 'string' },
    x: { type: 'number', minimum: 0, maximum: 1 },
    y: { type: 'number', minimum: 0, maximum: 1 },
  },
};
const GONE = {
  title: 'Gone',
  type: 'object',
  required: ['type', 'key'],
  properties: { type: { const: 'gone' }, key: { type: 'string' } },
};
const KEY = /^[\w-]{8,64}$/;
export const NAME = /^[\p{L}\p{N}](?:[\p{L}\p{M}\p{N} .'_-]{0,22}[\p{L}\p{M}\p{N}.])?$/u;

@WebSocketRooms('board', {
  presence: true,
  // A page reload does not count as leaving.
  linger: '2s',
  // A cursor's next position matters more than its last one.
  slow: 'drop',
})
@Sends(MOVED, GONE)
export class BoardRooms extends Rooms<CursorEvent, Person> {
  /** Runs before the 101. A refusal is a 403, which the page sees as the close code 4403. */
  override authorize({ handshake }: WebSocketConnection<object>): boolean {
    const { key, name } = handshake.query;
    return matches(KEY, key) && matches(NAME, name);
  }

  /** The page generates the key and keeps it across reloads. If you have users, use their ids instead. */
  override memberOf({ handshake }: WebSocketConnection<object>): { key: string } & Person {
    return person(String(handshake.query['key']), String(handshake.query['name']));
  }
}

/** A key has the same color in every window. */
export function person(key: string, name: string): { key: string } & Person {
  let hue = 0;
  for (const character of key) hue = (hue * 31 + character.charCodeAt(0)) % 360;
  return { key, name, color: `oklch(0.5 0.15 ${hue})` };
}

function matches(pattern: RegExp, value: unknown): boolean {
  return typeof value === 'string' && pattern.test(value);
}
