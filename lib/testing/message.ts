import { isAnyArrayBuffer, isUint8Array } from 'node:util/types';
import type { RawData } from 'ws';

/** A text message, or the bytes of a binary one. */
export type Message = string | Buffer;

/** A string is sent as text, bytes as a binary message, anything else as JSON text. */
export type Sendable = string | number | boolean | object | null;

const LONGEST = 100;
const MOST = 5;

/** Formats a message for errors: short, and on one line. */
export function describeMessage(message: Message): string {
  if (typeof message === 'string') return quote(message);
  const shown = message.subarray(0, 16).toString('hex');
  return `${message.length} bytes <${shown}${message.length > 16 ? '…' : ''}>`;
}

/** `nothing`, `the message "a"`, `2 messages, "a", "b"` */
export function describeMessages(messages: readonly Message[]): string {
  const [first] = messages;
  if (first === undefined) return 'nothing';
  if (messages.length === 1) return `the message ${describeMessage(first)}`;
  const shown = messages.slice(0, MOST).map(describeMessage).join(', ');
  return `${messages.length} messages, ${shown}${messages.length > MOST ? ', …' : ''}`;
}

export function quote(text: string): string {
  return JSON.stringify(text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);
}

export function toMessage(data: RawData, isBinary: boolean): Message {
  const bytes = toBuffer(data);
  return isBinary ? bytes : bytes.toString();
}

export function toPayload(data: Sendable): string | Uint8Array {
  if (typeof data === 'string' || isUint8Array(data)) return data;
  if (isAnyArrayBuffer(data)) return new Uint8Array(data);
  if (ArrayBuffer.isView(data))
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return JSON.stringify(data);
}

/** Reads a payload: a JSON text becomes its value, another text stays a text, and bytes stay bytes. */
export function valueOf(message: Message): unknown {
  const value = parseJson(message);
  return value === undefined ? message : value;
}

export function parseJson(message: Message): unknown {
  if (typeof message !== 'string') return undefined;
  try {
    const value: unknown = JSON.parse(message);
    return value;
  } catch {
    return undefined;
  }
}

function toBuffer(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}
