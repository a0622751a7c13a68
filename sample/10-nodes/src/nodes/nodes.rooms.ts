import { Rooms, WebSocketRooms } from 'nestjs-revali-ws';

/** Sent to the pages and to the nodes themselves: the named node obeys `down`. */
export interface NodeEvent {
  readonly type: 'up' | 'down';
  readonly node: string;
}

/** One room for all pages. A page that opens later learns from the history which nodes are up. */
@WebSocketRooms('nodes', { history: { messages: 50, age: '1h' } })
export class NodesRooms extends Rooms<NodeEvent> {}

export const ALL_NODES = 'all';
