import { WebSocket } from 'ws';
import { quote } from './message.js';

/** How a connection ended. */
export interface ClosedWith {
  /** The code of the close frame; 1005 if it had none, 1006 if no frame came. */
  readonly code: number;
  /** The reason of the close frame; empty if it had none. */
  readonly reason: string;
}

/** What errors say about a connection that has no more messages. */
export function endsOf(socket: WebSocket, closed: ClosedWith | undefined): string[] {
  if (closed?.code === 1006) return ['the end of the connection without a close frame (1006)'];
  if (closed) return [`the close ${closed.code} ${quote(closed.reason)}`];
  if (socket.isPaused) return ['data that this paused client does not read'];
  return socket.readyState === WebSocket.CLOSING ? ['the beginning of the close'] : [];
}
