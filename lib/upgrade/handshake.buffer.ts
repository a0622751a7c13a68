import type { Duplex } from 'node:stream';
import type { Upgrade } from './upgrade.request.js';

/** Bytes that a client may send before it is let in; more wait in the kernel. */
const MAX_EARLY_BYTES = 64 * 1024;

/** Chunks that may be kept separately. Each has a cost, and a client may send one byte at a time. */
const MAX_CHUNKS = 64;

/**
 * Keeps reading during a handshake. A socket that nobody reads shows neither the client's FIN nor its reset, and guards
 * would work for a client that has left.
 */
export class HandshakeBuffer {
  private chunks: Buffer[];
  private size: number;

  constructor(
    private readonly socket: Duplex,
    head: Buffer,
    private readonly onLeft: () => void,
  ) {
    this.chunks = [head];
    this.size = head.length;
    socket.on('data', this.onData);
    socket.on('end', onLeft);
  }

  /** Another reader must follow at once. @returns Everything received, for the frame parser. */
  release(): Buffer {
    this.socket.off('data', this.onData);
    this.socket.off('end', this.onLeft);
    return this.chunks.length === 1
      ? (this.chunks[0] ?? Buffer.alloc(0))
      : Buffer.concat(this.chunks);
  }

  private readonly onData = (chunk: Buffer): void => {
    this.chunks.push(chunk);
    this.size += chunk.length;
    if (this.chunks.length > MAX_CHUNKS) this.chunks = [Buffer.concat(this.chunks)];
    if (this.size > MAX_EARLY_BYTES) this.socket.pause();
  };
}

/** The buffer of a client that waits for a verdict: meanwhile it may leave, send, or run out of time. */
export class WaitingUpgrade extends HandshakeBuffer {
  private readonly deadline: NodeJS.Timeout;

  constructor(
    private readonly upgrade: Upgrade,
    timeoutMs: number,
    onTimeout: () => void,
    private readonly onGone: () => void,
  ) {
    super(upgrade.socket, upgrade.head, onGone);
    this.deadline = setTimeout(onTimeout, timeoutMs);
    // Like Node, aborts requests before their responses are closed.
    upgrade.socket.prependListener('close', onGone);
  }

  override release(): Buffer {
    clearTimeout(this.deadline);
    this.upgrade.socket.off('close', this.onGone);
    this.upgrade.head = super.release();
    return this.upgrade.head;
  }
}
