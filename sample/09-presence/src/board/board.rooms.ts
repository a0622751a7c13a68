import { Rooms, Sends, WebSocketConnection, WebSocketRooms } from 'nestjs-revali-ws';

import type { CursorEvent, Person } from './board.events.js';

// What the AsyncAPI document says of the events: types are gone at run time.
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
  // Who reloads the page has not left.
  linger: '2s',
  // The next position of a cursor is worth more than the last one.
  slow: 'drop',
})
@Sends(MOVED, GONE)
export class BoardRooms extends Rooms<CursorEvent, Person> {
  /** Before the 101: 403, which the page sees as the close code 4403. */
  override authorize({ handshake }: WebSocketConnection<object>): boolean {
    const { key, name } = handshake.query;
    return matches(KEY, key) && matches(NAME, name);
  }

  /** The key is one that the page has made up and keeps over a reload. Take that of a user where there are users. */
  override memberOf({ handshake }: WebSocketConnection<object>): { key: string } & Person {
    return person(String(handshake.query['key']), String(handshake.query['name']));
  }
}

/** The same color for the same key in all windows. */
export function person(key: string, name: string): { key: string } & Person {
  let hue = 0;
  for (const character of key) hue = (hue * 31 + character.charCodeAt(0)) % 360;
  return { key, name, color: `oklch(0.5 0.15 ${hue})` };
}

function matches(pattern: RegExp, value: unknown): boolean {
  return typeof value === 'string' && pattern.test(value);
}
