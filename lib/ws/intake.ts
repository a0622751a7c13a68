import type { WebSocket } from 'ws';
import { FrameScanner, type ControlListener } from './frame.scanner.js';
import type { SocketReceiver } from './socket.parts.js';

/** Chunks that may be kept separately. Each has a cost, and a client may send one byte at a time. */
const MAX_CHUNKS = 64;

/**
 * Holds data that a socket has read but its owner cannot take yet. It stays undecoded: `ws` decodes all messages of one
 * read in a row, thousands of empty ones out of 64 KiB.
 */
export class Intake {
  isHeld = false;
  /** Since when nothing is read at all, by `Date.now()`. */
  blindSince = 0;
  private isPeeking = false;
  private maxBytes = 0;
  private scanner: FrameScanner | undefined;
  /** Bytes of the held data that it has scanned. */
  private scanned = 0;
  /** Control frames that were reported before they are decoded. */
  private toldAhead = 0;
  /** The number of those frames that a second scan finds again. */
  private toSkip = 0;
  /** Whether `ws` is decoding held data, with {@link onDecoded} as its callback. */
  private isCatchingUp = false;
  private readonly decode: SocketReceiver['startLoop'];

  /** @param onControl Called for control frames in the held bytes. */
  constructor(
    private readonly socket: Pick<WebSocket, 'pause' | 'resume'>,
    private readonly receiver: SocketReceiver,
    private readonly onControl: ControlListener,
  ) {
    this.decode = receiver.startLoop;
  }

  /** Whether nothing is read, so that nobody can tell whether the peer is still there. */
  get isBlind(): boolean {
    return this.isHeld && !this.isPeeking;
  }

  /** Call it while a message is emitted: it is the last one for now. */
  hold(): void {
    if (this.isHeld) return;
    this.isHeld = true;
    this.scanner = undefined;
    this.receiver._loop = false;
    this.receiver.startLoop = this.keep;
    this.goBlind();
  }

  /** @param isEmitting Whether a message is being emitted: then `ws` continues on its own. */
  release(isEmitting: boolean): void {
    if (!this.isHeld) return;
    this.isHeld = false;
    this.isPeeking = false;
    this.scanner = undefined;
    if (isEmitting) {
      this.receiver._loop = true;
      if (!this.isCatchingUp) this.openUp();
      return;
    }
    this.isCatchingUp = true;
    Reflect.apply(this.decode, this.receiver, [this.onDecoded]);
  }

  /** The connection is gone. */
  drop(): void {
    this.receiver._buffers = [];
    this.receiver._bufferedBytes = 0;
  }

  /**
   * Reads on while it holds, and looks only for control frames.
   *
   * @param maxBytes How much may be kept.
   * @returns False if that much is already kept, and nothing more is read.
   */
  peek(maxBytes: number): boolean {
    if (!this.isHeld || this.isPeeking) return true;
    if (this.receiver._bufferedBytes >= maxBytes) return false;
    this.maxBytes = maxBytes;
    this.isPeeking = true;
    this.scanHeld();
    this.socket.resume();
    return true;
  }

  /**
   * The peer has ended its side: a close frame may be in the held data, or still behind data that is being inflated.
   */
  lookAtAll(): void {
    if (this.isHeld || this.isCatchingUp) this.scanHeld();
  }

  /** @returns Whether the control frame that is being decoded was already reported. */
  wasToldAhead(): boolean {
    if (this.toldAhead === 0) return false;
    this.toldAhead -= 1;
    return true;
  }

  private scanHeld(): void {
    if (this.scanner) return;
    this.toSkip = this.toldAhead;
    this.scanner = new FrameScanner(this.tellAhead);
    for (const chunk of this.receiver._buffers) this.scanner.scan(chunk);
    this.scanned = this.receiver._bufferedBytes;
  }

  private goBlind(): void {
    this.isPeeking = false;
    this.blindSince = Date.now();
    this.socket.pause();
  }

  private openUp(): void {
    this.receiver.startLoop = this.decode;
    this.socket.resume();
  }

  /** Replaces the loop of `ws`: a chunk has come, or one was inflated. */
  private readonly keep: SocketReceiver['startLoop'] = (callback) => {
    if (!this.isHeld && callback === this.onDecoded) {
      Reflect.apply(this.decode, this.receiver, [callback]);
      return;
    }
    if (this.scanner) this.look(this.scanner);
    callback();
  };

  /** Scans even chunks after the last report; otherwise, the next frame would begin at the wrong byte. */
  private look(scanner: FrameScanner): void {
    const { receiver } = this;
    const chunk = receiver._buffers.at(-1);
    if (chunk && receiver._bufferedBytes > this.scanned) scanner.scan(chunk);
    this.scanned = receiver._bufferedBytes;
    if (receiver._buffers.length > MAX_CHUNKS)
      receiver._buffers = [Buffer.concat(receiver._buffers)];
    if (receiver._bufferedBytes >= this.maxBytes && this.isPeeking) this.goBlind();
  }

  private readonly tellAhead: ControlListener = (opcode, payload) => {
    if (this.toSkip > 0) {
      this.toSkip -= 1;
      return;
    }
    this.toldAhead += 1;
    this.onControl(opcode, payload);
  };

  private readonly onDecoded = (error?: Error | null): void => {
    this.isCatchingUp = false;
    // As the stream itself would handle it.
    if (error) this.receiver.destroy(error);
    else if (!this.isHeld) this.openUp();
  };
}
