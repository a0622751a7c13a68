import { isUtf8 } from 'node:buffer';
import { parse as parseSafely, safeParse } from 'secure-json-parse';
import { InvalidPayloadException } from '../errors/revali-ws.exceptions.js';
import type { MessageCodec, MessageFormat } from '../options/message.format.js';
import { CONNECTION_OPTIONS } from '../options/options.table.js';
import { hasOwnProperty, ownPropertyOf } from '../values/own.property.js';
import { discardPromise } from '../values/thenable.js';
import { isDeeperThan } from './json.depth.js';

const MAX_DEPTH = CONNECTION_OPTIONS.maxDepth.default;
const BYTE_ORDER_MARK = 0xfeff;
const OPENING_BRACE = 0x7b;
const OPENING_BRACKET = 0x5b;

/** How a body is read from a frame. */
export type BodyKind = 'text' | 'bytes' | 'json' | 'unknown' | 'none';

/** What handlers read: a message, or a part of one. */
export interface ReadableBody {
  read(kind: BodyKind, maxDepth?: number): unknown;
  /** The frame's payload as is. */
  readRaw(): string | Buffer;
  readWith(codec: MessageCodec): unknown;
}

const NOT_PARSED = Symbol('not parsed');

/** The payload of one message, decoded only in the forms that are requested, and as JSON only once. */
export class MessageBody implements ReadableBody {
  private parsed: unknown = NOT_PARSED;

  constructor(
    private data: Buffer,
    private readonly isBinary: boolean,
    /** The offset of the payload, after a header. */
    private start = 0,
  ) {}

  /** Bytes. */
  get size(): number {
    return this.data.length - this.start;
  }

  /** Copies the payload out of the socket's read buffer: otherwise, a message of a few bytes can hold 64 KiB. */
  detach(): void {
    if (this.data.buffer.byteLength >= 2 * this.size) this.data = Buffer.from(this.bytes);
  }

  read(kind: BodyKind, maxDepth?: number): unknown {
    switch (kind) {
      case 'text':
        return this.text;
      case 'bytes':
        return this.bytes;
      case 'json':
        return this.parseOnce(() => decodeJson(this.text, maxDepth));
      case 'unknown':
        return this.readUnknown(maxDepth);
      case 'none':
        return undefined;
    }
  }

  readRaw(): string | Buffer {
    return this.isBinary ? this.bytes : this.text;
  }

  readWith(codec: MessageCodec): unknown {
    return this.parseOnce(() => decodeWith(codec, this.bytes, this.isBinary));
  }

  /** Objects and arrays are read as for `'json'`, and parsed once for both; `1` is a number there and a string here. */
  private readUnknown(maxDepth: number | undefined): unknown {
    if (typeof this.parsed === 'object' && this.parsed !== null) return this.parsed;
    const value = this.isBinary
      ? decodeUnknown(this.bytes, true, maxDepth)
      : decodeUnknownText(this.text, maxDepth);
    if (typeof value === 'object' && !Buffer.isBuffer(value)) this.parsed = value;
    return value;
  }

  private get text(): string {
    return this.isBinary ? decodeText(this.bytes, true) : this.data.toString('utf8', this.start);
  }

  /** The header is cut off only on request: most handlers want a text. */
  private get bytes(): Buffer {
    if (this.start > 0) this.data = this.data.subarray(this.start);
    this.start = 0;
    return this.data;
  }

  private parseOnce(parse: () => unknown): unknown {
    if (this.parsed === NOT_PARSED) this.parsed = parse();
    return this.parsed;
  }
}

/**
 * Reads a body in one fixed way. Callers handle `undefined` bodies (on connect).
 *
 * @param contentKind The class of the handshake's Content-Type, for the kind `'unknown'`.
 */
export type BodyReader = (body: ReadableBody, contentKind: BodyKind) => unknown;

export function bodyReaderOf(format: MessageFormat, kind: BodyKind, maxDepth?: number): BodyReader {
  if (typeof format === 'object') return (body) => body.readWith(format);
  switch (format) {
    case 'raw':
      return (body) => body.readRaw();
    case 'text':
      return (body) => body.read('text');
    case 'json':
      return (body) => body.read('json', maxDepth);
    case 'binary':
      return (body) => body.read('bytes');
    case 'auto':
      return kind === 'unknown'
        ? (body, contentKind) => body.read(contentKind, maxDepth)
        : (body) => body.read(kind, maxDepth);
  }
}

/** How a parameter reads a whole body, and a field of one. */
export interface BodyReaders {
  readonly bodyReader: BodyReader;
  readonly jsonReader: BodyReader;
}

/** The part of a call that is read. */
interface BodyHolder {
  /** `undefined` on connect. */
  readonly body: ReadableBody | undefined;
  readonly connection: { readonly contentKind: BodyKind };
}

/** @param data The decorator's argument: the path of a field, or nothing for the whole body. */
export function bodySource(
  data: unknown,
  { bodyReader, jsonReader }: BodyReaders,
): (call: BodyHolder) => unknown {
  if (typeof data !== 'string' || data === '') {
    return ({ body, connection }) => body && bodyReader(body, connection.contentKind);
  }
  const path = data.split('.');
  return ({ body, connection }) =>
    body && fieldOf(jsonReader(body, connection.contentKind), data, path);
}

/** A name with dots may be a single property, or a path. */
function fieldOf(value: unknown, name: string, path: readonly string[]): unknown {
  if (hasOwnProperty(value, name)) return Reflect.get(value, name);
  let current = value;
  for (const key of path) current = ownPropertyOf(current, key);
  return current;
}

/** The kind of body for a parameter's type, as emitted by TypeScript. The content never decides it. */
export function bodyKindOf(type: unknown): BodyKind {
  if (type === String) return 'text';
  if (isEnum(type)) return Object.values(type).every(isString) ? 'text' : 'json';
  if (typeof type !== 'function' || type === Object) return 'unknown';
  if (type === Buffer || type === Uint8Array) return 'bytes';
  return 'json';
}

/** For an enum from another file, SWC emits the object itself, while TypeScript emits `String` or `Number`. */
function isEnum(type: unknown): type is object {
  if (typeof type !== 'object' || type === null) return false;
  const values: unknown[] = Object.values(type);
  return values.length > 0 && values.every((value) => isString(value) || typeof value === 'number');
}

function isString(value: unknown): value is string {
  return typeof value === 'string';
}

/** The kind of body for a parameter without a type, by the handshake's `Content-Type`. */
export function contentKindOf(contentType: string | undefined): BodyKind {
  const mediaType = contentType?.split(';')[0]?.trim().toLowerCase() ?? '';
  if (mediaType === 'application/json' || mediaType.endsWith('+json')) return 'json';
  if (mediaType.startsWith('text/')) return 'text';
  if (mediaType === 'application/octet-stream') return 'bytes';
  return 'unknown';
}

/** @throws InvalidPayloadException if the bytes are not UTF-8. */
export function decodeText(data: Buffer, isBinary: boolean): string {
  // ws has already checked text frames (RFC 6455 section 8.1).
  if (isBinary && !isUtf8(data)) throw new InvalidPayloadException();
  return data.toString('utf8');
}

/** @throws InvalidPayloadException if the text is not JSON, is nested too deep, or pollutes prototypes. */
export function decodeJson(text: string, maxDepth: number = MAX_DEPTH): unknown {
  if (isDeeperThan(text, maxDepth)) throw new InvalidPayloadException();
  try {
    if (isHarmless(text)) return JSON.parse(text);
    return parseSafely(text, undefined, { protoAction: 'error', constructorAction: 'error' });
  } catch (error) {
    throw new InvalidPayloadException(error);
  }
}

/**
 * @throws InvalidPayloadException if the codec throws.
 * @throws TypeError for a promise: that is not the client's mistake.
 */
function decodeWith(codec: MessageCodec, data: Buffer, isBinary: boolean): unknown {
  const value = decodeBy(codec, data, isBinary);
  if (discardPromise(value))
    throw new TypeError('decode() returned a promise; return the value instead');
  return value;
}

function decodeBy(codec: MessageCodec, data: Buffer, isBinary: boolean): unknown {
  try {
    return codec.decode(data, isBinary);
  } catch (error) {
    throw new InvalidPayloadException(error);
  }
}

/** Whether it may be an object or array. Usually the first character shows it, which is cheaper than a RegExp. */
function startsLikeJson(text: string): boolean {
  const first = text.charCodeAt(0);
  return first === OPENING_BRACE || first === OPENING_BRACKET || /^\s+[[{]/.test(text);
}

/**
 * A key that pollutes prototypes is written plainly, or with escapes. Texts with neither need no scan by
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

/** The body if neither the parameter's type nor the handshake says what it is. */
export function decodeUnknown(
  data: Buffer,
  isBinary: boolean,
  maxDepth: number = MAX_DEPTH,
): unknown {
  if (isBinary && !isUtf8(data)) return data;
  return decodeUnknownText(data.toString('utf8'), maxDepth);
}

function decodeUnknownText(text: string, maxDepth: number = MAX_DEPTH): unknown {
  if (!startsLikeJson(text)) return text;
  const value = parseUnknown(text);
  // A text that is not JSON may contain any number of brackets.
  if (value !== text && isDeeperThan(text, maxDepth)) throw new InvalidPayloadException();
  return value;
}

/** @returns The text itself if it is not JSON. */
function parseUnknown(text: string): unknown {
  if (isHarmless(text)) return parseOrKeep(text);
  // `undefined` if it is not JSON, `null` if its keys would pollute prototypes.
  const value: unknown = safeParse(text);
  if (value === null) throw new InvalidPayloadException();
  return value === undefined ? text : value;
}
