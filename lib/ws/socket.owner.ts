import type { FaultOwner } from '../errors/contained.js';

/** Receives the events of a socket. */
export interface SocketOwner extends FaultOwner {
  onMessage(data: Buffer, isBinary: boolean): void;
  onPing(data: Buffer): void;
  /** @returns Whether it answers a ping. */
  onPong(data: Buffer): boolean;
  /** The client's close frame is among the held bytes. */
  onCloseSeen(code: number, reason: string): void;
  /**
   * The client's close frame has come, after all of its messages.
   *
   * @returns Whether its echo has to wait for a call of `close()`.
   */
  onPeerClosing(code: number, reason: string): boolean;
  /** Called before a close frame is sent: the server's own, or the echo of the client's. */
  onClosing(code: number, reason: string, isEcho: boolean): void;
  /** Called after a close frame was sent. */
  onCloseSent(): void;
  onError(error: Error): void;
  /** The kernel did not take everything at once. */
  onUnsent(): void;
  /** The kernel has taken some of the rest. */
  onTaken(): void;
  /** The TCP connection is gone. */
  onClosed(code: number, reason: string): void;
}
