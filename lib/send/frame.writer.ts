import type { Payload } from '../message/message.codec.js';

const TEXT = 0x81;
const BINARY = 0x82;
/** Header of an unmasked frame with a 64-bit length (RFC 6455 section 5.2). */
const MAX_HEADER = 10;
/** A UTF-16 code unit takes at most three bytes in UTF-8. */
const BYTES_PER_UNIT = 3;
const POOL_SIZE = 64 * 1024;

/**
 * Writes unmasked, uncompressed, unfragmented frames one after another into one buffer, so that the small messages
 * of a turn of the event loop reach the kernel in one call: that call is what a small message costs.
 */
export class FrameWriter {
  private pool: Buffer = Buffer.alloc(0);
  private offset = 0;
  private lastText: string | undefined;
  private lastFrame: Buffer = this.pool;

  /**
   * The frame of one message. A loop that sends one text to many connections gets the same bytes for all of them:
   * to frame it anew for each were 130 of the 160 ns that a send takes until the stream has it.
   */
  frame(payload: Payload): Buffer {
    if (payload === this.lastText) return this.lastFrame;
    this.reserve(MAX_HEADER + maxBytesOf(payload));
    const start = this.offset;
    this.write(payload);
    const frame = this.pool.subarray(start, this.offset);
    if (typeof payload === 'string') {
      this.lastText = payload;
      this.lastFrame = frame;
    }
    return frame;
  }

  join(first: Payload, more: readonly Payload[]): Buffer {
    let needed = MAX_HEADER + maxBytesOf(first);
    for (const payload of more) needed += MAX_HEADER + maxBytesOf(payload);
    this.reserve(needed);
    const start = this.offset;
    this.write(first);
    for (const payload of more) this.write(payload);
    return this.pool.subarray(start, this.offset);
  }

  /** Lets go of the text framed last: who sends to many does it in one turn. */
  forget(): void {
    this.lastText = undefined;
  }

  private reserve(needed: number): void {
    if (this.pool.length - this.offset >= needed) return;
    this.pool = Buffer.allocUnsafeSlow(Math.max(POOL_SIZE, needed));
    this.offset = 0;
  }

  private write(payload: Payload): void {
    if (typeof payload === 'string') this.writeText(payload);
    else this.writeBinary(payload);
  }

  private writeText(text: string): void {
    // Up to here the length fits one byte whatever the characters are, and needs no pass of its own.
    if (text.length * BYTES_PER_UNIT < 126) {
      const length = this.pool.write(text, this.offset + 2, 'utf8');
      this.pool[this.offset] = TEXT;
      this.pool[this.offset + 1] = length;
      this.offset += 2 + length;
      return;
    }
    this.writeHeader(TEXT, Buffer.byteLength(text, 'utf8'));
    this.offset += this.pool.write(text, this.offset, 'utf8');
  }

  private writeBinary(bytes: Uint8Array): void {
    this.writeHeader(BINARY, bytes.byteLength);
    this.pool.set(bytes, this.offset);
    this.offset += bytes.byteLength;
  }

  private writeHeader(opcode: number, length: number): void {
    const { pool, offset } = this;
    pool[offset] = opcode;
    if (length < 126) {
      pool[offset + 1] = length;
      this.offset += 2;
    } else if (length < 0x1_0000) {
      pool[offset + 1] = 126;
      pool.writeUInt16BE(length, offset + 2);
      this.offset += 4;
    } else {
      pool[offset + 1] = 127;
      pool.writeBigUInt64BE(BigInt(length), offset + 2);
      this.offset += MAX_HEADER;
    }
  }
}

/** Bytes of the frame that carries the payload uncompressed. */
export function frameBytesOf(payload: Payload): number {
  const length = Buffer.byteLength(payload);
  if (length < 126) return 2 + length;
  return (length < 0x1_0000 ? 4 : MAX_HEADER) + length;
}

/** The most bytes that the payload may need. */
export function maxBytesOf(payload: Payload): number {
  return typeof payload === 'string' ? payload.length * BYTES_PER_UNIT : payload.byteLength;
}
