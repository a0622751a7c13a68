import type { Duplex } from 'node:stream';
import { contained, type FaultOwner } from '../errors/contained.js';
import { FrameStore } from './frame.store.js';

/** Who is told how a stream gets on. */
export interface OutletOwner extends FaultOwner {
  /** Something is left that the kernel did not take at once. */
  onUnsent(): void;
  /** Something of what was left has been taken. Never called from within a write. */
  onTaken(): void;
}

/**
 * What a stream is given at once. A TLS stream encrypts all of it, and so holds it twice, until the kernel has taken
 * it.
 */
export const PIECE = 128 * 1024;

/** What it costs to remember whom to tell. */
const MARK_COST = 256;

const NOTHING = Buffer.alloc(0);

/** Told when a frame has left, or cannot leave any more. */
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
 * The way out to one stream, for frames. The stream gets the next piece when the last has left the process: what
 * waits is kept here, where it is counted. Made for a stream that does not take something at once, so that other
 * connections do without.
 */
export class Outlet {
  private readonly store = new FrameStore();
  /** Writes whose callback is still to come. */
  private reported = 0;
  /** Bytes in the stream that the store counts as well. */
  private lent = 0;
  /** Whether the stream takes nothing before control returns, as TLS streams do. */
  private isLate = false;
  private marks: Mark[] | undefined;
  /** Bytes written here, and those of them that the stream has or had, and that have left. */
  private written = 0;
  private offered = 0;
  private left = 0;

  constructor(
    private readonly stream: Duplex,
    private readonly owner: OutletOwner,
  ) {}

  /** Bytes that are held until the kernel takes them. */
  get size(): number {
    return this.beyondStream + this.stream.writableLength;
  }

  /** Those that the stream does not count. */
  get beyondStream(): number {
    return this.store.size - this.lent + (this.marks?.length ?? 0) * MARK_COST;
  }

  /** Whether what is written now has to wait. */
  get isBlocked(): boolean {
    return this.reported > 0 || this.stream.writableLength > 0 || !this.store.isEmpty;
  }

  /** @param frame Whole frames, which nobody writes into any more. */
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

  /** To be called where something was written to the stream directly, and not taken. */
  awaitStream(): void {
    if (this.reported > 0) return;
    this.reported = 1;
    this.stream.write(NOTHING, this.onWritten);
    this.owner.onUnsent();
  }

  /** To be called before another writes a frame to the stream: it must not come in the midst of one of these. */
  finishFrame(): void {
    if (this.store.isWithinFrame) this.handOver(true);
  }

  /** Gives the stream all that waits: what comes last goes past this. */
  flush(): void {
    if (!this.store.isEmpty) this.handOver(false);
  }

  /** Gives up what waits, but for the rest of a frame that was begun. */
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
    // What came last, or somebody else's.
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
    // Mostly the kernel takes it at once, and a callback would cost a tick that nobody needs.
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

  /** What the stream was given has left. */
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
      if (at > this.offered) onLeft(new Error('Not sent: the connection has come to its end'));
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
    // The end of a stream is told by others, and makes no room.
    if (this.stream.writable) this.owner.onTaken();
  }
}
