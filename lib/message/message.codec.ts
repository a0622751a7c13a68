import { isUtf8 } from 'node:buffer';
import { parse as parseSafely, safeParse } from 'secure-json-parse';
import {
  InvalidPayloadException,
  UnserializableMessageException,
} from '../revali-ws.exceptions.js';
import { CONNECTION_OPTIONS } from '../options/options.table.js';
import type { MessageFormat } from '../options/message.format.js';
import { isDeeperThan } from './json.depth.js';
import { bytesOf, copyOf, payloadOf, type Payload } from './payload.js';

const BYTE_ORDER_MARK = 0xfeff;
const OPENING_BRACE = 0x7b;
const OPENING_BRACKET = 0x5b;

/** Encodes one result; `undefined` results never reach it. */
export type MessageEncoder = (value: unknown) => Payload;

/** @throws UnserializableMessageException from the encoder that it returns. */
export function encoderOf(format: MessageFormat): MessageEncoder {
  if (typeof format === 'object') return guarded((value) => payloadOf(format.encode(value)));
  switch (format) {
    case 'json':
      return guarded(encodeJson);
    case 'text':
      return guarded((value) => asText(encodeAuto(value)));
    case 'binary':
      return guarded((value) => asBytes(encodeAuto(value)));
    case 'auto':
    case 'raw':
      return encodeAutoGuarded;
  }
}

function encodeAutoGuarded(value: unknown): Payload {
  if (typeof value === 'string') return value;
  try {
    return encodeAuto(value);
  } catch (error) {
    throw new UnserializableMessageException(error);
  }
}

function guarded(encode: MessageEncoder): MessageEncoder {
  return (value) => {
    try {
      return encode(value);
    } catch (error) {
      throw new UnserializableMessageException(error);
    }
  };
}

function encodeAuto(value: unknown): Payload {
  if (typeof value === 'string') return value;
  return bytesOf(value) ?? encodeJson(value);
}

function encodeJson(value: unknown): string {
  const text = JSON.stringify(value);
  // A function or a symbol has no JSON form; sending nothing would leave the client waiting.
  if (text === undefined) throw new TypeError(`a ${typeof value} has no JSON form`);
  return text;
}

function asText(payload: Payload): string {
  return typeof payload === 'string' ? payload : copyOf(payload).toString('utf8');
}

function asBytes(payload: Payload): Uint8Array {
  return typeof payload === 'string' ? Buffer.from(payload, 'utf8') : payload;
}

/** @throws InvalidPayloadException where the bytes are not UTF-8. */
export function decodeText(data: Buffer, isBinary: boolean): string {
  // Text frames were checked by ws when they came in (RFC 6455 section 8.1).
  if (isBinary && !isUtf8(data)) throw new InvalidPayloadException();
  return data.toString('utf8');
}

/** @throws InvalidPayloadException where the text is not JSON, is nested too deep, or pollutes prototypes. */
export function decodeJson(
  text: string,
  maxDepth: number = CONNECTION_OPTIONS.maxDepth.default,
): unknown {
  if (isDeeperThan(text, maxDepth)) throw new InvalidPayloadException();
  try {
    if (isHarmless(text)) return JSON.parse(text);
    return parseSafely(text, undefined, { protoAction: 'error', constructorAction: 'error' });
  } catch (error) {
    throw new InvalidPayloadException(error);
  }
}

/** Of objects and arrays. Mostly the first character tells, which costs less than an expression. */
function startsLikeJson(text: string): boolean {
  const first = text.charCodeAt(0);
  return first === OPENING_BRACE || first === OPENING_BRACKET || /^\s+[[{]/.test(text);
}

/**
 * A key that pollutes prototypes is written out, or with escapes. Texts with neither need not be looked through by
 * `secure-json-parse`, which takes half as long as parsing them.
 */
function isHarmless(text: string): boolean {
  return (
    text.charCodeAt(0) !== BYTE_ORDER_MARK &&
    !text.includes('\\') &&
    !text.includes('__proto__') &&
    !text.includes('constructor')
  );
}

function parseOrKeep(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The body where neither the parameter's type nor the handshake says what it is. */
export function decodeUnknown(
  data: Buffer,
  isBinary: boolean,
  maxDepth: number = CONNECTION_OPTIONS.maxDepth.default,
): unknown {
  if (isBinary && !isUtf8(data)) return data;
  const text = data.toString('utf8');
  if (!startsLikeJson(text)) return text;
  const value = parseUnknown(text);
  // What is no JSON may have as many brackets as it likes.
  if (value !== text && isDeeperThan(text, maxDepth)) throw new InvalidPayloadException();
  return value;
}

/** @returns The text itself where it is not JSON. */
function parseUnknown(text: string): unknown {
  if (isHarmless(text)) return parseOrKeep(text);
  // `undefined` where it is not JSON, `null` where its keys would pollute prototypes.
  const value: unknown = safeParse(text);
  if (value === null) throw new InvalidPayloadException();
  return value === undefined ? text : value;
}
