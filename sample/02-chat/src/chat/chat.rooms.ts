import { Rooms, Sends, WebSocketConnection, WebSocketRooms } from 'nestjs-revali-ws';

import type { IsTyping, Member, Said } from './chat.events.js';
import { IS_TYPING, SAID } from './chat.schemas.js';

/**
 * The messages, and who is here. In one process, a MemoryBroker keeps both. With another `broker` in `forRoot()`,
 * several processes can serve one chat.
 */
@WebSocketRooms('chat', {
  history: { messages: 50, age: '1h' },
  presence: true,
  // A page reload does not count as leaving.
  linger: '2s',
})
@Sends(SAID)
export class ChatRooms extends Rooms<Said, { name: string }> {
  /** Two tabs with the same name are one member. A name proves nothing: sample 03 shows authenticated users. */
  override memberOf({ handshake }: WebSocketConnection<object>): Member {
    const name = String(handshake.query['name']);
    return { key: keyOf(name), name };
  }
}

/** Who is typing. This is useful only for a moment, so nothing is kept and slow readers miss it. */
@WebSocketRooms('typing', { slow: 'drop' })
@Sends(IS_TYPING)
export class TypingRooms extends Rooms<IsTyping> {}

/** "Ada" and "ada" are too easy to confuse. */
function keyOf(name: string): string {
  return name.normalize('NFKC').toLowerCase();
}
