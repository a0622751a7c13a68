import { Rooms, Sends, WebSocketConnection, WebSocketRooms } from 'nestjs-revali-ws';

import type { IsTyping, Member, Said } from './chat.events.js';
import { IS_TYPING, SAID } from './chat.schemas.js';

/**
 * What is said, and who is here. In one process a MemoryBroker keeps both; with another `broker` in `forRoot()`,
 * several processes serve one chat.
 */
@WebSocketRooms('chat', {
  history: { messages: 50, age: '1h' },
  presence: true,
  // Who reloads the page has not left.
  linger: '2s',
})
@Sends(SAID)
export class ChatRooms extends Rooms<Said, { name: string }> {
  /** Two tabs of one name are one member. A name proves nothing: see sample 03 for users that do. */
  override memberOf({ handshake }: WebSocketConnection<object>): Member {
    const name = String(handshake.query['name']);
    return { key: keyOf(name), name };
  }
}

/** Who is typing: of use for a moment only, so nothing is kept, and who reads slowly goes without. */
@WebSocketRooms('typing', { slow: 'drop' })
@Sends(IS_TYPING)
export class TypingRooms extends Rooms<IsTyping> {}

/** "Ada" and "ada" would be one to the eye. */
function keyOf(name: string): string {
  return name.normalize('NFKC').toLowerCase();
}
