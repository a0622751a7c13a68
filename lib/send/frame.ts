import { byteLengthOf, type Payload } from './payload.js';

/** First bytes of unfragmented frames (RFC 6455 section 5.2). */
export const FirstByte = { text: 0x81, binary: 0x82, ping: 0x89, pong: 0x8a } as const;

/** Header of an unmasked frame with a 64-bit length. */
export const MAX_HEADER = 10;

/** Length of the frame's header, which is unmasked. */
export function headerLengthOf(frame: Buffer): number {
  const length = frame[1] ?? 0;
  if (length < 126) return 2;
  return length === 126 ? 4 : MAX_HEADER;
}

/** A UTF-16 code unit takes at most three bytes in UTF-8. */
const BYTES_PER_UNIT = 3;

const LAST_ASCII = 0x7f;

const isText = (payload: Payload): payload is string => typeof payload === 'string';

/** Upper bound of the payload's bytes; needs no pass over a text. */
export function maxBytesOf(payload: Payload): number {
  return isText(payload) ? payload.length * BYTES_PER_UNIT : byteLengthOf(payload);
}

/** Bytes of the frame that carries the payload uncompressed. */
export function frameBytesOf(payload: Payload): number {
  const length = isText(payload) ? Buffer.byteLength(payload) : byteLengthOf(payload);
  return headerBytesOf(length) + length;
}

/** The frame of one message, in its own memory of exactly that size. */
export function frameOf(payload: Payload, firstByte?: number): Buffer<ArrayBuffer> {
  const frame = Buffer.allocUnsafeSlow(frameBytesOf(payload));
  const end = writeFrame(frame, 0, payload, firstByte);
  return end === frame.length ? frame : frame.subarray(0, end);
}

/**
 * Writes one frame into reserved space. Its end follows from what was written, not from what was expected, so bytes
 * that nobody wrote never become part of a message.
 *
 * @returns Where the frame ends.
 */
export function writeFrame(
  target: Buffer,
  start: number,
  payload: Payload,
  firstByte: number = isText(payload) ? FirstByte.text : FirstByte.binary,
): number {
  if (!isText(payload)) return writeBytes(target, start, payload, firstByte);
  // Up to this size, the length fits one byte for any characters, and needs no separate pass.
  if (payload.length * BYTES_PER_UNIT < 126) {
    const length = writeShort(target, start + 2, payload);
    target[start] = firstByte;
    target[start + 1] = length;
    return start + 2 + length;
  }
  const at = start + headerBytesOf(Buffer.byteLength(payload));
  const length = target.write(payload, at, 'utf8');
  const begin = start + headerBytesOf(length);
  // Node may expect more bytes than it writes.
  if (begin !== at) target.copyWithin(begin, at, at + length);
  writeHeader(target, start, firstByte, length);
  return begin + length;
}

/** Usually ASCII, which takes less time to write than a call into Node. @returns The bytes written. */
function writeShort(target: Buffer, start: number, text: string): number {
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit > LAST_ASCII) return target.write(text, start, 'utf8');
    target[start + index] = unit;
  }
  return text.length;
}

function writeBytes(target: Buffer, start: number, bytes: Uint8Array, firstByte: number): number {
  const length = byteLengthOf(bytes);
  const at = start + headerBytesOf(length);
  target.set(bytes, at);
  writeHeader(target, start, firstByte, length);
  return at + length;
}

function headerBytesOf(length: number): number {
  if (length < 126) return 2;
  return length < 0x1_0000 ? 4 : MAX_HEADER;
}

function writeHeader(target: Buffer, start: number, firstByte: number, length: number): void {
  target[start] = firstByte;
  if (length < 126) {
    target[start + 1] = length;
  } else if (length < 0x1_0000) {
    target[start + 1] = 126;
    target.writeUInt16BE(length, start + 2);
  } else {
    target[start + 1] = 127;
    target.writeBigUInt64BE(BigInt(length), start + 2);
  }
}
