import { randomBytes } from 'node:crypto';

import type { Taken } from './byte-stream.js';

/** RFC 6455, section 5.2. */
export const Opcode = {
  continuation: 0x0,
  text: 0x1,
  binary: 0x2,
  close: 0x8,
  ping: 0x9,
  pong: 0xa,
} as const;

export interface RawFrame {
  fin: boolean;
  /** The three reserved bits as a number: RSV1 is 4, RSV2 is 2, RSV3 is 1. */
  rsv: number;
  opcode: number;
  masked: boolean;
  payload: Buffer;
}

export interface FrameToSend {
  fin?: boolean;
  rsv?: number;
  opcode: number;
  masked?: boolean;
  payload?: string | Uint8Array;
  /** The length that the head claims; the payload stays as it is. */
  lengthOverride?: number | bigint;
  /** Bits of the length field; without it the shortest, as the RFC demands. */
  lengthBits?: 7 | 16 | 64;
}

/** A frame as told, legal or not. */
export function encodeFrame(frame: FrameToSend): Buffer {
  const { fin = true, rsv = 0, opcode, masked = true, payload: content = '' } = frame;
  const payload = Buffer.from(content);
  const first = Buffer.of((fin ? 0x80 : 0) | (rsv << 4) | opcode);
  const length = encodeLength(BigInt(frame.lengthOverride ?? payload.length), frame.lengthBits);
  if (!masked) return Buffer.concat([first, length, payload]);
  length.writeUInt8(length.readUInt8(0) | 0x80, 0);
  const key = randomBytes(4);
  return Buffer.concat([first, length, key, applyMask(payload, key)]);
}

/** One frame off the front of the bytes. */
export function takeFrame(bytes: Buffer): Taken<RawFrame> | undefined {
  if (bytes.length < 2) return undefined;
  const first = bytes.readUInt8(0);
  const second = bytes.readUInt8(1);
  const masked = (second & 0x80) !== 0;
  const code = second & 0x7f;
  const lengthEnd = code === 127 ? 10 : code === 126 ? 4 : 2;
  const start = lengthEnd + (masked ? 4 : 0);
  if (bytes.length < start) return undefined;
  const length =
    code === 127 ? Number(bytes.readBigUInt64BE(2)) : code === 126 ? bytes.readUInt16BE(2) : code;
  const used = start + length;
  if (bytes.length < used) return undefined;
  const payload = Buffer.from(bytes.subarray(start, used));
  const value: RawFrame = {
    fin: (first & 0x80) !== 0,
    rsv: (first >> 4) & 0x7,
    opcode: first & 0xf,
    masked,
    payload: masked ? applyMask(payload, bytes.subarray(lengthEnd, start)) : payload,
  };
  return { value, used };
}

export function encodeClose(code: number, reason = ''): Buffer {
  return Buffer.concat([Buffer.of((code >> 8) & 0xff, code & 0xff), Buffer.from(reason)]);
}

/** An empty payload means 1005, as RFC 6455, section 7.1.5 has it. */
export function decodeClose(payload: Buffer): { code: number; reason: string } {
  if (payload.length === 0) return { code: 1005, reason: '' };
  return { code: payload.readUInt16BE(0), reason: payload.toString('utf8', 2) };
}

function encodeLength(length: bigint, bits = shortest(length)): Buffer {
  if (bits === 7) return Buffer.of(Number(length));
  const field = Buffer.alloc(bits === 16 ? 3 : 9);
  field.writeUInt8(bits === 16 ? 126 : 127, 0);
  if (bits === 16) field.writeUInt16BE(Number(length), 1);
  else field.writeBigUInt64BE(length, 1);
  return field;
}

function shortest(length: bigint): 7 | 16 | 64 {
  if (length < 126n) return 7;
  return length <= 0xffffn ? 16 : 64;
}

function applyMask(payload: Buffer, key: Buffer): Buffer {
  return Buffer.from(payload.map((byte, index) => byte ^ (key[index % 4] ?? 0)));
}
