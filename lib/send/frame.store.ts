/** Chunks grow with their content, so that a connection with little to keep holds little. */
const MIN_CHUNK = 1024;
const MAX_CHUNK = 64 * 1024;
const CHUNKS_PER_GROWTH = 8;
/** From this size on, a frame with its own memory is kept as is instead of being copied. */
const MIN_KEPT = 4 * 1024;
/** The same limit for a frame that others hold as well: it costs only the chunk. */
const MIN_SHARED = 512;
/** Bytes that a chunk costs in addition to its content. */
const CHUNK_COST = 256;

interface Chunk {
  readonly bytes: Buffer;
  used: number;
}

/**
 * Frames that wait, one after another in chunks that hold nothing else. So every byte held is counted, and ten thousand
 * small messages are no more objects than one large one.
 */
export class FrameStore {
  /** Bytes held. */
  size = 0;
  private readonly chunks: Chunk[] = [];
  /** Bytes of the first chunk that were taken. */
  private taken = 0;
  private isCut = false;

  get isEmpty(): boolean {
    return this.chunks.length === 0;
  }

  /** Whether the last piece taken may end within a frame. */
  get isWithinFrame(): boolean {
    return this.isCut;
  }

  /**
   * @param frame Whole frames, which nobody modifies any more.
   * @param isShared Whether others hold the frame as well: it is counted all the same.
   */
  add(frame: Buffer, isShared = false): void {
    const least = isShared ? MIN_SHARED : MIN_KEPT;
    if (frame.length >= least && frame.length === frame.buffer.byteLength) {
      this.append({ bytes: frame, used: frame.length });
      return;
    }
    const chunk = this.chunkFor(frame.length);
    chunk.bytes.set(frame, chunk.used);
    chunk.used += frame.length;
  }

  /** Takes up to this many bytes, which are counted until they are {@link release}d. */
  take(most: number): Buffer | undefined {
    const [first] = this.chunks;
    if (!first) return undefined;
    const start = this.taken;
    this.taken = Math.min(first.used, start + most);
    this.isCut = this.taken < first.used;
    return first.bytes.subarray(start, this.taken);
  }

  /** The bytes taken have left. */
  release(): void {
    const [first] = this.chunks;
    if (first && this.taken === first.used) this.removeFirst(first);
  }

  /** Takes the rest, in pieces that are no longer counted. @param isRest Only the rest of the frame that was begun. */
  *takeAll(isRest: boolean): Generator<Buffer> {
    while (!this.isEmpty && (!isRest || this.isCut)) {
      const piece = this.take(Infinity);
      this.release();
      if (piece && piece.length > 0) yield piece;
    }
  }

  clear(): void {
    this.chunks.length = 0;
    this.size = 0;
    this.taken = 0;
    this.isCut = false;
  }

  private chunkFor(length: number): Chunk {
    const last = this.chunks.at(-1);
    if (last && last.bytes.length - last.used >= length) return last;
    const growth = Math.min(MAX_CHUNK, Math.max(MIN_CHUNK, this.size / CHUNKS_PER_GROWTH));
    return this.append({
      bytes: Buffer.allocUnsafeSlow(Math.max(length, Math.ceil(growth))),
      used: 0,
    });
  }

  private append(chunk: Chunk): Chunk {
    this.chunks.push(chunk);
    this.size += chunk.bytes.length + CHUNK_COST;
    return chunk;
  }

  private removeFirst({ bytes }: Chunk): void {
    this.chunks.shift();
    this.size -= bytes.length + CHUNK_COST;
    this.taken = 0;
  }
}
