import type { Duplex } from 'node:stream';
import type { FaultOwner } from '../errors/contained.js';
import { maxBytesOf } from './frame.js';
import type { FrameSink } from './frame.sink.js';
import type { FlushScheduler, Flushable, FrameWriter, Part } from './frame.writer.js';
import { isPrepared, type Outgoing } from './message.encoder.js';
import { PIECE, type Outlet } from './outlet.js';
import type { Payload } from './payload.js';
import type { Progress } from './stall.watch.js';

/** Where frames go that bypass `ws`. */
export interface Transport {
  readonly stream: Duplex;
  readonly scheduler: FlushScheduler;
  /** Watches the stream. Called if data is left to be taken. */
  readonly watch: (stream: Duplex) => Progress;
}

/** Counts what is written. */
export interface SendCounter {
  sent: number;
  /** Bytes of frames, before compression. */
  sentBytes: number;
}

/** The parts of the socket that are used. */
export interface BatchingSocket extends FaultOwner {
  readonly readyState: number;
  readonly OPEN: number;
  /** Creates the outlet on the first call, and sets {@link BatchingSink.outlet}. */
  openOutlet(stream: Duplex): Outlet;
  awaitStream(): void;
}

/** Larger messages are not copied together with others. */
const MAX_BATCHED = 16 * 1024;
/** No more than this is held back until the end of the turn. */
const MAX_PENDING = 64 * 1024;

/** Writes the small messages of one turn of the event loop together. */
export class BatchingSink implements FrameSink, Flushable {
  /** Set once the stream has left something behind. */
  outlet: Outlet | undefined;
  /** The messages of this turn. Usually there is one, which needs no array. */
  private first: Part | undefined;
  private more: Part[] | undefined;
  private pendingBytes = 0;
  private progress: Progress | undefined;
  private readonly stream: Duplex;
  private readonly scheduler: FlushScheduler;
  private readonly watch: Transport['watch'];

  constructor(
    private readonly socket: BatchingSocket,
    transport: Transport,
    private readonly counter: SendCounter,
  ) {
    this.stream = transport.stream;
    this.scheduler = transport.scheduler;
    this.watch = transport.watch;
  }

  get bufferedAmount(): number {
    return (this.outlet ? this.outlet.size : this.stream.writableLength) + this.pendingBytes;
  }

  get hasUnsent(): boolean {
    return this.outlet?.isBlocked ?? this.stream.writableLength > 0;
  }

  hasMoved(): boolean {
    return (this.progress ??= this.watch(this.stream)).hasMoved();
  }

  writeFrame(payload: Outgoing): void {
    const isShared = isPrepared(payload);
    const size = isShared ? payload.frame.length : maxBytesOf(payload);
    this.counter.sent += 1;
    if (size > MAX_BATCHED || this.outlet?.isBlocked === true) {
      this.flushNow();
      this.write(isShared ? payload.frame : this.scheduler.frame(payload), isShared);
      return;
    }
    this.keep(isShared ? payload.frame : this.partOf(payload), size);
  }

  flushNow(): void {
    if (this.pendingBytes > 0) this.scheduler.flushNow(this);
  }

  flushAll(): void {
    this.flushNow();
    this.outlet?.flush();
  }

  awaitStream(): void {
    this.socket.awaitStream();
  }

  drop(): void {
    this.outlet?.drop();
  }

  /** The others that share the turn are flushed all the same. */
  onFault(error: unknown): void {
    this.socket.onFault(error);
  }

  flush(writer: FrameWriter): void {
    const { first, more } = this;
    if (first === undefined) return;
    this.first = undefined;
    this.more = undefined;
    this.pendingBytes = 0;
    if (more) this.write(writer.join(first, more));
    else this.write(typeof first === 'string' ? writer.frame(first) : first);
  }

  /** The owner of the bytes may reuse them before the turn ends. */
  private partOf(payload: Payload): Part {
    return typeof payload === 'string' ? payload : this.scheduler.frame(payload);
  }

  private keep(part: Part, size: number): void {
    if (this.first === undefined) {
      this.first = part;
      this.scheduler.add(this);
    } else (this.more ??= []).push(part);
    // Never 0, so that an empty message counts as something to flush.
    this.pendingBytes += size + 1;
    if (this.pendingBytes > MAX_PENDING) this.flushNow();
  }

  private write(frames: Buffer, isShared = false): void {
    const { stream, outlet, socket } = this;
    if (socket.readyState !== socket.OPEN) return;
    this.counter.sentBytes += frames.length;
    if (outlet) outlet.write(frames, { isShared });
    else if (stream.writableLength > 0 || frames.length > PIECE)
      socket.openOutlet(stream).write(frames, { isShared });
    else {
      stream.write(frames);
      if (stream.writableLength > 0) socket.awaitStream();
    }
  }
}
