import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { FaultOwner } from '../contained.js';
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
type Socket = Pick<WebSocket, 'bufferedAmount' | 'OPEN' | 'readyState' | 'send'> & FaultOwner;

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
  /** Of this turn. Mostly there is one, and needs no array. */
  private first: Payload | undefined;
  private more: Payload[] | undefined;
  private pendingBytes = 0;
  /**
   * Whether `ws` was given anything, which it may count beside the stream. Not to ask it before, on three objects,
   * makes the sends of a loop over many connections, whose caches are cold, a third cheaper.
   */
  private hasUsedSocket = false;
  /** Writes whose callback is still to come. */
  private reported = 0;
  private onFlushed: (() => void) | undefined;
  private readonly stream: Duplex | undefined;
  private readonly scheduler: FlushScheduler | undefined;

  constructor(
    private readonly socket: Socket,
    transport: Transport | undefined,
    private readonly counter: SendCounter,
  ) {
    this.stream = transport?.stream;
    this.scheduler = transport?.scheduler;
  }

  get bufferedAmount(): number {
    const { stream } = this;
    const written =
      stream && !this.hasUsedSocket ? stream.writableLength : this.socket.bufferedAmount;
    return written + this.pendingBytes;
  }

  writeFrame(payload: Payload): void {
    const size = maxBytesOf(payload);
    this.counter.sent += 1;
    if (!this.scheduler || size > MAX_JOINED) {
      this.flushNow();
      this.counter.sentBytes += frameBytesOf(payload);
      this.reported += 1;
      this.hasUsedSocket = true;
      this.socket.send(payload, { binary: typeof payload !== 'string' }, this.flushed);
      return;
    }
    if (this.first === undefined) {
      this.first = payload;
      this.scheduler.add(this);
    } else (this.more ??= []).push(payload);
    // Never 0, so that an empty message counts as something to flush.
    this.pendingBytes += size + 1;
    if (this.pendingBytes > MAX_PENDING) this.flushNow();
  }

  watch(onFlushed: () => void): void {
    this.onFlushed = onFlushed;
    const { stream } = this;
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
    if (this.pendingBytes > 0) this.scheduler?.flushNow(this);
  }

  /** Those who share the turn are flushed all the same. */
  onFault(error: unknown): void {
    this.socket.onFault(error);
  }

  flush(writer: FrameWriter): void {
    const { first, more, stream } = this;
    if (first === undefined) return;
    this.first = undefined;
    this.more = undefined;
    this.pendingBytes = 0;
    if (!stream || this.socket.readyState !== this.socket.OPEN) return;
    const frames = more ? writer.join(first, more) : writer.frame(first);
    this.counter.sentBytes += frames.length;
    this.write(stream, frames);
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
