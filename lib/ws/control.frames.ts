import { WebSocket } from 'ws';
import { CloseCode } from '../close/close.code.js';

/** Pongs that may wait to be sent, as with `ws`: a client may send pings without end and read nothing. */
const MAX_UNSENT_PONGS = 60;

/**
 * Bytes of control frames between the fragments of one message. A fragment of one byte holds everything that was read
 * from the network with it, which control frames could make 64 KiB each.
 */
const MAX_INTERLEAVED = 256 * 1024;
/** Header length of a masked frame (RFC 6455 section 5.2). */
const HEADER = 6;

/**
 * Limits what the control frames of one client may cost. Created with the first that counts: `ws` itself would keep a
 * closure and four fields ready for the pongs of each connection, 130 bytes, although hardly any client ever sends a
 * ping.
 */
export class ControlFrames {
  private interleaved = 0;
  private unsentPongs = 0;

  constructor(private readonly socket: WebSocket) {}

  /** Cuts a client that sends pings faster than it reads their pongs. */
  answer(ping: Buffer): void {
    if (this.socket.readyState !== WebSocket.OPEN) return;
    if (this.unsentPongs >= MAX_UNSENT_PONGS) {
      this.socket.terminate();
      return;
    }
    this.unsentPongs += 1;
    this.socket.pong(ping, false, this.onPongSent);
  }

  /** Cuts a client that sends too many between the fragments of a message. */
  countInMessage(payload: Buffer): void {
    this.interleaved += frameBytesOfControl(payload);
    if (this.interleaved <= MAX_INTERLEAVED) return;
    this.socket.close(CloseCode.PolicyViolation, 'Too many control frames');
    this.socket.terminate();
  }

  /** No message is incomplete. */
  resetCount(): void {
    this.interleaved = 0;
  }

  private readonly onPongSent = (): void => {
    this.unsentPongs -= 1;
  };
}

/** Bytes of a client's control frame, including its header. */
export function frameBytesOfControl(payload: Buffer): number {
  return HEADER + payload.length;
}
