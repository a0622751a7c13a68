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

  join(payloads: readonly Payload[]): Buffer {
    let needed = 0;
    for (const payload of payloads) needed += MAX_HEADER + maxBytesOf(payload);
    this.reserve(needed);
    const start = this.offset;
    for (const payload of payloads) {
      if (typeof payload === 'string') this.writeText(payload);
      else this.writeBinary(payload);
    }
    return this.pool.subarray(start, this.offset);
  }

  private reserve(needed: number): void {
    if (this.pool.length - this.offset >= needed) return;
    this.pool = Buffer.allocUnsafeSlow(Math.max(POOL_SIZE, needed));
    this.offset = 0;
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
