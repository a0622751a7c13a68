// The client's side of the wire, without a WebSocket library: what is measured is the server.
import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';

const TEXT = 0x81;
const CONTROL = 0x08;
const FINAL = 0x80;
const PING = 0x89;
const PONG = 0x8a;
const COMPRESSED = 0x40;
const SHORT = 125;
const MEDIUM = 126;
const LONG = 127;
const MASK_KEY = Buffer.from([0x37, 0xfa, 0x21, 0x3d]);
const END_OF_HEAD = '\r\n\r\n';

export function requestFor(path, port, { protocol, extensions, token, cookie } = {}) {
  return [
    `GET ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ...(protocol ? [`Sec-WebSocket-Protocol: ${protocol}`] : []),
    ...(token ? [`Authorization: Bearer ${token}`] : []),
    ...(cookie ? [`Cookie: ${cookie}`] : []),
    ...(extensions ? [`Sec-WebSocket-Extensions: ${extensions}`] : []),
    END_OF_HEAD.slice(2),
  ].join('\r\n');
}

/** Splits the answer to the handshake from the frames that may follow it; `undefined` until it is whole. */
export function splitHandshake(bytes) {
  const end = bytes.indexOf(END_OF_HEAD);
  if (end === -1) return undefined;
  const head = bytes.toString('latin1', 0, end);
  if (!head.startsWith('HTTP/1.1 101 ')) throw new Error(`refused: ${head.split('\r\n')[0]}`);
  return bytes.subarray(end + END_OF_HEAD.length);
}

/** A masked text frame. @param isCompressed By itself, which every server understands. */
export function encodeFrame(text, isCompressed = false) {
  const payload = isCompressed ? deflated(text) : Buffer.from(text);
  const first = isCompressed ? TEXT | COMPRESSED : TEXT;
  const header = Buffer.concat([Buffer.from([first]), maskedLength(payload.length)]);
  for (let at = 0; at < payload.length; at += 1) payload[at] ^= MASK_KEY[at % 4];
  return Buffer.concat([header, MASK_KEY, payload]);
}

function maskedLength(length) {
  if (length <= SHORT) return Buffer.from([0x80 | length]);
  if (length < 65_536) return Buffer.from([0x80 | MEDIUM, length >> 8, length & 0xff]);
  const bytes = Buffer.alloc(9);
  bytes[0] = 0x80 | LONG;
  bytes.writeBigUInt64BE(BigInt(length), 1);
  return bytes;
}

/** @param content Of a ping: up to 125 bytes. */
export function encodePong(content) {
  const masked = content.map((byte, at) => byte ^ MASK_KEY[at % 4]);
  return Buffer.concat([Buffer.from([PONG, 0x80 | content.length]), MASK_KEY, masked]);
}

/** Without the four bytes at its end that every message has (RFC 7692 section 7.2.1). */
const deflated = (text) =>
  deflateRawSync(text, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);

/** The frames of one message after another: each `###` is a number that no other of them has. */
export function encodeFrames({ message, isCompressed }, count) {
  if (!message.includes('###')) return [encodeFrame(message, isCompressed)];
  return Array.from({ length: count }, (_, number) =>
    encodeFrame(message.replace('###', `${number}`.padStart(3, '0'))),
  );
}

/** The first frame of a server; `undefined` until it is whole. */
export function splitFrame(bytes) {
  if (bytes.length < 2) return undefined;
  const start = headerLength(bytes[1]);
  if (bytes.length < start) return undefined;
  const end = start + payloadLength(bytes);
  if (bytes.length < end) return undefined;
  return {
    content: contentOf(bytes[0], bytes.subarray(start, end)),
    isData: (bytes[0] & CONTROL) === 0,
    isPing: bytes[0] === PING,
    rest: bytes.subarray(end),
  };
}

/** Each message is compressed by itself (RFC 7692 section 7.1.1.1). */
const contentOf = (first, payload) =>
  (first & COMPRESSED) === 0
    ? payload
    : inflateRawSync(payload, { finishFlush: constants.Z_SYNC_FLUSH });

const headerLength = (second) => (second <= SHORT ? 2 : second === MEDIUM ? 4 : 10);

function payloadLength(header) {
  if (header[1] <= SHORT) return header[1];
  return header[1] === MEDIUM ? header.readUInt16BE(2) : Number(header.readBigUInt64BE(2));
}

/** Counts messages by the headers of their frames; payloads are skipped. */
export class ReplyCounter {
  #header = Buffer.alloc(10);
  #headerBytes = 0;
  #payloadLeft = 0;
  #counts = false;

  /** @returns How many messages have ended in these bytes. */
  count(bytes, length) {
    let ended = 0;
    let at = 0;
    while (at < length) {
      if (this.#payloadLeft > 0) {
        const step = Math.min(this.#payloadLeft, length - at);
        at += step;
        this.#payloadLeft -= step;
      } else if (!this.#takeHeaderByte(bytes[at++])) continue;
      if (this.#payloadLeft === 0 && this.#counts) ended += 1;
    }
    return ended;
  }

  #takeHeaderByte(byte) {
    this.#header[this.#headerBytes++] = byte;
    if (this.#headerBytes < 2 || this.#headerBytes < headerLength(this.#header[1])) return false;
    this.#headerBytes = 0;
    this.#payloadLeft = payloadLength(this.#header);
    this.#counts = (this.#header[0] & FINAL) !== 0 && (this.#header[0] & CONTROL) === 0;
    return true;
  }
}
