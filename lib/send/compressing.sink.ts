import { contained } from '../errors/contained.js';
import type { SendCounter } from './batching.sink.js';
import { frameBytesOf } from './frame.js';
import type { FrameSink } from './frame.sink.js';
import { isPrepared, type Outgoing } from './message.encoder.js';
import type { OutletOwner } from './outlet.js';
import { byteLengthOf, copyOf, textBytesOf, type Payload } from './payload.js';
import type { Progress } from './stall.watch.js';

/** The parts of the socket that are used. */
export interface CompressingSocket extends OutletOwner {
  readonly bufferedAmount: number;
  awaitStream(): void;
  sendByWs(data: Payload, options: { readonly binary: boolean }, callback: () => void): void;
}

interface Message {
  readonly bytes: Buffer;
  readonly isBinary: boolean;
}

/** Messages passed to `ws` at once. It compresses them one after another, and what it holds for each is not counted. */
const WINDOW = 4;
/** Bytes that a message costs in addition to its content. */
const MESSAGE_COST = 512;

/** Only `ws` can keep compressed frames in order, and it gets a few messages at a time. */
export class CompressingSink implements FrameSink {
  private readonly waiting: Message[] = [];
  private waitingBytes = 0;
  /** Messages that `ws` has. */
  private given = 0;

  /**
   * @param progress The progress of the stream `ws` writes to; without it, a stall cannot be detected.
   * @param share Receives bytes sent to many clients, if they may be compressed once for all of them.
   */
  constructor(
    private readonly socket: CompressingSocket,
    private readonly progress: Progress | undefined,
    private readonly counter: SendCounter,
    private readonly share?: (payload: Buffer) => void,
  ) {}

  get bufferedAmount(): number {
    return this.waitingBytes + this.socket.bufferedAmount + this.given * MESSAGE_COST;
  }

  get hasUnsent(): boolean {
    return this.given > 0;
  }

  hasMoved(): boolean {
    return this.progress?.hasMoved() ?? true;
  }

  writeFrame(payload: Outgoing): void {
    this.counter.sent += 1;
    if (isPrepared(payload)) {
      this.counter.sentBytes += payload.frame.length;
      // Shared by all receivers, like its compressed form.
      const bytes = payload.payload;
      this.share?.(bytes);
      this.take(bytes, payload.isBinary);
      return;
    }
    this.counter.sentBytes += frameBytesOf(payload);
    const isBinary = typeof payload !== 'string';
    if (this.isReady) {
      this.give(isBinary ? copyOf(payload) : payload, isBinary);
      return;
    }
    this.wait(isBinary ? copyOf(payload) : textBytesOf(payload), isBinary);
  }

  flushNow(): void {
    // Nothing is held back.
  }

  flushAll(): void {
    this.giveUpTo(Infinity);
  }

  awaitStream(): void {
    this.socket.awaitStream();
  }

  drop(): void {
    this.waiting.length = 0;
    this.waitingBytes = 0;
  }

  /** Whether `ws` may have another message at once. */
  private get isReady(): boolean {
    return this.given < WINDOW && this.waiting.length === 0;
  }

  private take(bytes: Buffer, isBinary: boolean): void {
    if (this.isReady) this.give(bytes, isBinary);
    else this.wait(bytes, isBinary);
  }

  private wait(bytes: Buffer, isBinary: boolean): void {
    this.waiting.push({ bytes, isBinary });
    this.waitingBytes += costOf(bytes);
  }

  private giveUpTo(most: number): void {
    while (this.given < most) {
      const next = this.waiting.shift();
      if (!next) return;
      this.waitingBytes -= costOf(next.bytes);
      this.give(next.bytes, next.isBinary);
    }
  }

  private give(data: Payload, isBinary: boolean): void {
    this.given += 1;
    this.socket.sendByWs(data, { binary: isBinary }, this.onSent);
  }

  onFault(error: unknown): void {
    this.socket.onFault(error);
  }

  private readonly onSent = (): void => contained(this, () => this.goOn());

  private goOn(): void {
    this.given -= 1;
    this.giveUpTo(WINDOW);
    this.socket.onTaken();
  }
}

const costOf = (bytes: Buffer): number => byteLengthOf(bytes) + MESSAGE_COST;
