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

const NOTHING = Buffer.alloc(0);

/**
 * Writes the small messages of one turn of the event loop together. Without a transport (compressed connections)
 * everything goes through `ws`.
 */
export class JoiningSink implements FrameSink, Flushable {
  private readonly pending: Payload[] = [];
  private pendingBytes = 0;
  /** Writes whose callback is still to come. */
  private reported = 0;
  private onFlushed: (() => void) | undefined;

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
      this.reported += 1;
      this.socket.send(payload, { binary: typeof payload !== 'string' }, this.flushed);
      return;
    }
    if (this.pending.push(payload) === 1) this.transport.scheduler.add(this);
    // Never 0, so that an empty message counts as something to flush.
    this.pendingBytes += size + 1;
    if (this.pendingBytes > MAX_PENDING) this.flushNow();
  }

  watch(onFlushed: () => void): void {
    this.onFlushed = onFlushed;
    const { stream } = this.transport ?? {};
    if (!stream || this.reported > 0 || this.pendingBytes > 0 || stream.writableLength === 0)
      return;
    // What is on its way was written without a callback.
    this.reported += 1;
    stream.write(NOTHING, this.flushed);
  }

  unwatch(): void {
    this.onFlushed = undefined;
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
      this.write(this.transport.stream, frames);
    }
    this.pending.length = 0;
  }

  /** Mostly the kernel takes it at once, and a callback would cost a tick that nobody needs. */
  private write(stream: Duplex, frames: Buffer): void {
    if (!this.onFlushed && stream.writableLength === 0) {
      stream.write(frames);
      return;
    }
    this.reported += 1;
    stream.write(frames, this.flushed);
  }

  private readonly flushed = (): void => {
    this.reported -= 1;
    this.onFlushed?.();
  };
}
