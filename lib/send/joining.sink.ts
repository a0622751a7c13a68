import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { Payload } from '../message/message.codec.js';
import type { FlushScheduler, Flushable } from './flush.scheduler.js';
import type { FrameSink } from './frame.sink.js';
import { frameBytesOf, maxBytesOf, type FrameWriter } from './frame.writer.js';

/** Where frames go that are written past `ws`. */
export interface Transport {
  readonly stream: Duplex;
  readonly scheduler: FlushScheduler;
}

/** Counts what is written. */
export interface SendCounter {
  sent: number;
  /** Of frames, before compression. */
  sentBytes: number;
}

/** What is used of the socket of `ws`. */
type Socket = Pick<WebSocket, 'bufferedAmount' | 'OPEN' | 'readyState' | 'send'>;

/** Larger messages are not copied together with others: `ws` writes them as they are. */
const MAX_JOINED = 16 * 1024;
/** More than this is not kept back until the end of the turn. */
const MAX_PENDING = 64 * 1024;

/**
 * Writes the small messages of one turn of the event loop together. Without a transport (compressed connections)
 * everything goes through `ws`.
 */
export class JoiningSink implements FrameSink, Flushable {
  onFlushed: (() => void) | undefined;
  private readonly pending: Payload[] = [];
  private pendingBytes = 0;

  constructor(
    private readonly socket: Socket,
    private readonly transport: Transport | undefined,
    private readonly counter: SendCounter,
  ) {}

  get bufferedAmount(): number {
    return this.socket.bufferedAmount + this.pendingBytes;
  }

  writeFrame(payload: Payload): void {
    const size = maxBytesOf(payload);
    this.counter.sent += 1;
    if (!this.transport || size > MAX_JOINED) {
      this.flushNow();
      this.counter.sentBytes += frameBytesOf(payload);
      this.socket.send(payload, { binary: typeof payload !== 'string' }, this.flushed);
      return;
    }
    if (this.pending.push(payload) === 1) this.transport.scheduler.add(this);
    // Never 0, so that an empty message counts as something to flush.
    this.pendingBytes += size + 1;
    if (this.pendingBytes > MAX_PENDING) this.flushNow();
  }

  /** To be called before anything else is written to the socket that must come after the messages. */
  flushNow(): void {
    if (this.pendingBytes > 0) this.transport?.scheduler.flushNow(this);
  }

  flush(writer: FrameWriter): void {
    if (this.pendingBytes === 0) return;
    const isOpen = this.socket.readyState === this.socket.OPEN;
    this.pendingBytes = 0;
    if (isOpen && this.transport) {
      const frames = writer.join(this.pending);
      this.counter.sentBytes += frames.length;
      this.transport.stream.write(frames, this.flushed);
    }
    this.pending.length = 0;
  }

  private readonly flushed = (): void => this.onFlushed?.();
}
