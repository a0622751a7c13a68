import { Rooms, WebSocketConnection, WebSocketRooms } from 'nestjs-revali-ws';

import { thisNode } from '../nodes/this.node.js';
import type { Member, Said, Seen } from './chat.events.js';

/** The messages, and who is here, on all nodes. */
@WebSocketRooms('chat', {
  history: { messages: 200, age: '10m' },
  presence: true,
  // A member whose node is killed reconnects to another one: that does not count as leaving.
  linger: '5s',
})
export class ChatRooms extends Rooms<Said, Seen> {
  override memberOf({ handshake }: WebSocketConnection<object>): Member {
    const { page, name } = handshake.query;
    return { key: String(page), name: String(name), node: thisNode.name };
  }
}
