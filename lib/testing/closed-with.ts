import { WebSocket } from 'ws';
import { quote } from './message.js';

/** How a connection ended. */
export interface ClosedWith {
  /** Of the close frame; 1005 where it had none, 1006 where none came. */
  readonly code: number;
  /** Of the close frame; empty where it had none. */
  readonly reason: string;
}

/** What failures say of a connection that has no more to give. */
export function endsOf(socket: WebSocket, closed: ClosedWith | undefined): string[] {
  if (closed?.code === 1006) return ['the end of the connection without a close frame (1006)'];
  if (closed) return [`the close ${closed.code} ${quote(closed.reason)}`];
  if (socket.isPaused) return ['what this client, which is paused, does not read'];
  return socket.readyState === WebSocket.CLOSING ? ['the begin of the close'] : [];
}
