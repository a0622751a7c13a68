import { Rooms, WebSocketRooms } from 'nestjs-revali-ws';

/** To the pages, and to the nodes themselves: `down` is what the named one has to obey. */
export interface NodeEvent {
  readonly type: 'up' | 'down';
  readonly node: string;
}

/** One room, of all pages. Whoever opens one later learns from the history which nodes are up. */
@WebSocketRooms('nodes', { history: { messages: 50, age: '1h' } })
export class NodesRooms extends Rooms<NodeEvent> {}

export const ALL_NODES = 'all';
