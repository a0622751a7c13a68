import { byteLengthOf, type Payload } from '../send/payload.js';

/**
 * What the client says about a message: it stands alone, asks for an answer, or stops an earlier call. The letters are
 * those on the wire.
 */
export type IncomingKind = '' | 'c' | 'x';

/** What the server says about a message: the result of a call, an item of its stream, its end, its failure. */
export type OutgoingKind = 'r' | 'i' | 'd' | 'e';

/** The header before a message, and the offset of the payload after it. */
interface Header<TKind extends string> {
  readonly kind: TKind;
  /** The call's id; empty if there is none. */
  readonly id: string;
  readonly start: number;
}

export type IncomingHeader = Header<IncomingKind>;

export type OutgoingHeader = Header<OutgoingKind | ''>;

type Kinds<TKind extends string> = ReadonlyMap<number, TKind>;

const INCOMING = kindsOf<IncomingKind>('c', 'x');
const OUTGOING = kindsOf<OutgoingKind>('r', 'i', 'd', 'e');
/** Characters allowed in ids, by char code. */
const ID_CHARACTERS = charactersOf(/[0-9A-Za-z]/);
const MAX_ID = 32;
const SPACE = 0x20;
const LINE_FEED = 0x0a;
/** Means that the length follows in two bytes. */
const LONG = 255;

/** Parses a header as a server does. @returns `undefined` if there is no header. */
export function readHeader(data: Buffer, isBinary: boolean): IncomingHeader | undefined {
  return isBinary ? readBehindLength(data, INCOMING) : readLine(data, INCOMING);
}

/** Parses a header as a client does. @returns `undefined` if there is no header. */
export function readAnswer(data: Buffer, isBinary: boolean): OutgoingHeader | undefined {
  return isBinary ? readBehindLength(data, OUTGOING) : readLine(data, OUTGOING);
}

/** Reads no further than the longest possible header: a payload may be long and contain no line at all. */
function readLine<TKind extends string>(
  data: Buffer,
  kinds: Kinds<TKind>,
): Header<TKind | ''> | undefined {
  const first = data[0];
  if (first === LINE_FEED) return { kind: '', id: '', start: 1 };
  const kind = first === undefined ? undefined : kinds.get(first);
  if (kind === undefined || data[1] !== SPACE) return undefined;
  let id = '';
  for (let at = 2; ; at += 1) {
    const code = data[at] ?? 0;
    if (code === LINE_FEED) return id === '' ? undefined : { kind, id, start: at + 1 };
    const character = ID_CHARACTERS[code];
    if (character === undefined || id.length === MAX_ID) return undefined;
    id += character;
  }
}

/** Parses a header with a length before it. A line feed at its end is too many. */
function readBehindLength<TKind extends string>(
  data: Buffer,
  kinds: Kinds<TKind>,
): Header<TKind | ''> | undefined {
  const length = data[0];
  if (length === undefined || length >= data.length) return undefined;
  const start = 1 + length;
  const line = Buffer.from(`${data.toString('latin1', 1, start).replace(/\n$/, '')}\n`, 'latin1');
  const header = readLine(line, kinds);
  return header?.start === line.length ? { ...header, start } : undefined;
}

/**
 * Joins header and payload: a line before a text, a length before bytes. The length is one byte, or 255 and two more
 * for a header that needs them.
 */
export function withHeader(header: string, payload: Payload): Payload {
  if (typeof payload === 'string') return `${header}\n${payload}`;
  const isLong = header.length >= LONG;
  const begin = isLong ? 3 : 1;
  const start = begin + header.length;
  const headed = Buffer.allocUnsafeSlow(start + byteLengthOf(payload));
  headed[0] = isLong ? LONG : header.length;
  if (isLong) headed.writeUInt16BE(header.length, 1);
  headed.write(header, begin, 'latin1');
  headed.set(payload, start);
  return headed;
}

export function headerOf(kind: OutgoingKind, id: string): string {
  return `${kind} ${id}`;
}

function kindsOf<TKind extends string>(...kinds: TKind[]): Kinds<TKind> {
  return new Map(kinds.map((kind) => [kind.charCodeAt(0), kind]));
}

function charactersOf(pattern: RegExp): readonly (string | undefined)[] {
  return Array.from({ length: 256 }, (_, code) => {
    const character = String.fromCharCode(code);
    return pattern.test(character) ? character : undefined;
  });
}
