import type { Duplex } from 'node:stream';
import { contained, type FaultOwner } from '../errors/contained.js';
import { FrameStore } from './frame.store.js';

/** Learns of a stream's progress. */
export interface OutletOwner extends FaultOwner {
  /** The kernel did not take everything at once. */
  onUnsent(): void;
  /** Some of the rest has been taken. Never called from within a write. */
  onTaken(): void;
}

/**
 * Bytes passed to a stream at once. A TLS stream encrypts all of it, and so holds it twice, until the kernel has taken
 * it.
 */
export const PIECE = 128 * 1024;

/** Bytes that remembering a callback costs. */
const MARK_COST = 256;

const NOTHING = Buffer.alloc(0);

/** Called when a frame has left, or cannot leave any more. */
export type OnLeft = (error?: Error) => void;

interface WriteOptions {
  readonly onLeft?: OnLeft | undefined;
  /** Whether others hold the frame as well. */
  readonly isShared?: boolean;
}

interface Mark {
  /** How many bytes have left by then. */
  readonly at: number;
  readonly onLeft: OnLeft;
}

/**
 * Writes frames to one stream. The stream gets the next piece when the last one has left the process: waiting data is
 * kept and counted here. Created for a stream that does not take something at once, so that other connections do not
 * pay for it.
 */
export class Outlet {
  private readonly store = new FrameStore();
  /** Writes whose callback is still to come. */
  private reported = 0;
  /** Bytes in the stream that the store counts as well. */
  private lent = 0;
  /** Whether the stream takes nothing before control returns, like TLS streams. */
  private isLate = false;
  private marks: Mark[] | undefined;
  /** Bytes written here; of those, the bytes passed to the stream, and the bytes that have left. */
  private written = 0;
  private offered = 0;
  private left = 0;

  constructor(
    private readonly stream: Duplex,
    private readonly owner: OutletOwner,
  ) {}

  /** Bytes held until the kernel takes them. */
  get size(): number {
    return this.beyondStream + this.stream.writableLength;
  }

  /** Held bytes that the stream does not count. */
  get beyondStream(): number {
    return this.store.size - this.lent + (this.marks?.length ?? 0) * MARK_COST;
  }

  /** Whether data written now has to wait. */
  get isBlocked(): boolean {
    return this.reported > 0 || this.stream.writableLength > 0 || !this.store.isEmpty;
  }

  /** @param frame Whole frames, which nobody modifies any more. */
  write(frame: Buffer, { onLeft, isShared }: WriteOptions = {}): void {
    this.written += frame.length;
    if (onLeft) (this.marks ??= []).push({ at: this.written, onLeft });
    if (frame.length <= PIECE && !this.isBlocked) {
      this.put(frame);
      return;
    }
    this.store.add(frame, isShared);
    this.pump();
  }

  /** Call it if something was written directly to the stream and not taken. */
  awaitStream(): void {
    if (this.reported > 0) return;
    this.reported = 1;
    this.stream.write(NOTHING, this.onWritten);
    this.owner.onUnsent();
  }

  /** Call it before another writes a frame to the stream: that frame must not split one of these. */
  finishFrame(): void {
    if (this.store.isWithinFrame) this.handOver(true);
  }

  /** Passes all waiting data to the stream: the last frame bypasses this class. */
  flush(): void {
    if (!this.store.isEmpty) this.handOver(false);
  }

  /** Discards waiting data, except the rest of a frame that was begun. */
  drop(): void {
    this.finishFrame();
    this.forget();
  }

  private pump(): void {
    const { stream, store } = this;
    if (!stream.writable) {
      this.forget();
      return;
    }
    while (this.reported === 0 && stream.writableLength === 0) {
      const piece = store.take(PIECE);
      if (!piece) return;
      this.lent = piece.length;
      this.put(piece);
    }
    // The last frame, or someone else's data.
    if (stream.writableLength > 0) this.awaitStream();
  }

  private put(bytes: Buffer): void {
    const { stream } = this;
    this.offered += bytes.length;
    if (this.isLate) {
      this.reported += 1;
      stream.write(bytes, this.onWritten);
      this.isLate = stream.writableLength > 0;
      if (this.isLate) this.owner.onUnsent();
      return;
    }
    // Usually, the kernel takes it at once, and a callback would cost an unneeded tick.
    stream.write(bytes);
    this.isLate = stream.writableLength > 0;
    if (this.isLate) this.awaitStream();
    else this.settle();
  }

  private handOver(isRest: boolean): void {
    for (const piece of this.store.takeAll(isRest)) {
      this.offered += piece.length;
      this.stream.write(piece);
    }
    // The stream counts them now.
    this.lent = 0;
    if (this.stream.writableLength > 0) this.awaitStream();
  }

  /** The data passed to the stream has left. */
  private settle(): void {
    this.lent = 0;
    this.store.release();
    this.left = this.offered;
    if (this.marks) this.tellMarks();
  }

  private forget(): void {
    this.store.clear();
    this.lent = 0;
    const { marks } = this;
    this.marks = marks?.filter(({ at }) => at <= this.offered);
    for (const { at, onLeft } of marks ?? [])
      if (at > this.offered) onLeft(new Error('Not sent: the connection has ended'));
    this.written = this.offered;
  }

  private tellMarks(): void {
    while (this.marks) {
      const [first] = this.marks;
      if (!first || first.at > this.left) break;
      this.marks.shift();
      first.onLeft();
    }
  }

  private readonly onWritten = (error?: Error | null): void => {
    contained(this.owner, () => this.goOn(error));
  };

  private goOn(error: Error | null | undefined): void {
    this.reported -= 1;
    if (this.reported > 0) return;
    if (error) this.offered = this.left;
    else if (this.stream.writableLength === 0) this.settle();
    this.pump();
    // Others report the end of a stream, which makes no room.
    if (this.stream.writable) this.owner.onTaken();
  }
}
