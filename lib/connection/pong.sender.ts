import { WebSocket } from 'ws';

/** As `ws` does by itself. Between a client that sends pings without end and the memory for their pongs. */
const MAX_UNSENT = 60;

/**
 * Answers the pings of one client. Made with the first: `ws` would keep a closure and four fields ready for each
 * connection, 130 bytes, and hardly a client ever sends one.
 */
export class PongSender {
  private unsent = 0;

  constructor(private readonly socket: WebSocket) {}

  /** Cuts a client that sends pings faster than it reads their pongs. */
  answer(ping: Buffer): void {
    if (this.socket.readyState !== WebSocket.OPEN) return;
    if (this.unsent >= MAX_UNSENT) {
      this.socket.terminate();
      return;
    }
    this.unsent += 1;
    this.socket.pong(ping, false, this.onSent);
  }

  private readonly onSent = (): void => {
    this.unsent -= 1;
  };
}
