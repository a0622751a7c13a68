import { byteLengthOf, type Payload } from '../send/payload.js';

/**
 * What the client says of a message: it stands alone, asks for an answer, or stops an earlier call. The letters are
 * those of the wire.
 */
export type IncomingKind = '' | 'c' | 'x';

/** What the server says of one: the result of a call, an item of its stream, its end, its failure. */
export type OutgoingKind = 'r' | 'i' | 'd' | 'e';

/** A message with the header in front of it taken off. */
interface Headed<TKind extends string> {
  readonly kind: TKind;
  /** Of the call; empty where there is none. */
  readonly id: string;
  readonly payload: Buffer;
}

export type HeadedMessage = Headed<IncomingKind>;

export type HeadedAnswer = Headed<OutgoingKind | ''>;

const INCOMING: ReadonlySet<string> = new Set(['', 'c', 'x']);
const OUTGOING: ReadonlySet<string> = new Set(['', 'r', 'i', 'd', 'e']);

/**
 * `c` or `x`, a space, and an id of 1 to 32 letters and digits; nothing at all for a message without a call. A line
 * feed at its end is none too many, where a length says how long it is.
 */
const HEADER = /^(?:([cx]) ([0-9A-Za-z]{1,32}))?\n?$/;
const ANSWER = /^(?:([ride]) ([0-9A-Za-z]{1,32}))?\n?$/;
/** Of the longest header, line feed included. */
const MAX_LENGTH = 35;
const LINE_FEED = 0x0a;

/** What a server reads. @returns `undefined` where no header stands there. */
export function readHeader(data: Buffer, isBinary: boolean): HeadedMessage | undefined {
  return readAny(HEADER, isIncoming, data, isBinary);
}

/** What a client reads. @returns `undefined` where no header stands there. */
export function readAnswer(data: Buffer, isBinary: boolean): HeadedAnswer | undefined {
  return readAny(ANSWER, isOutgoing, data, isBinary);
}

function readAny<TKind extends string>(
  header: RegExp,
  isKind: (kind: string) => kind is TKind,
  data: Buffer,
  isBinary: boolean,
): Headed<TKind> | undefined {
  const end = isBinary ? endOfBytes(data) : endOfLine(data);
  if (end === undefined) return undefined;
  const match = header.exec(data.toString('latin1', isBinary ? 1 : 0, end));
  if (!match) return undefined;
  const [, kind = '', id = ''] = match;
  if (!isKind(kind)) return undefined;
  return { kind, id, payload: data.subarray(isBinary ? end : end + 1) };
}

const isIncoming = (kind: string): kind is IncomingKind => INCOMING.has(kind);

const isOutgoing = (kind: string): kind is OutgoingKind | '' => OUTGOING.has(kind);

/** Header and payload in one: a line in front of a text, a length in front of bytes. */
export function withHeader(header: string, payload: Payload): Payload {
  if (typeof payload === 'string') return `${header}\n${payload}`;
  const start = 1 + header.length;
  const headed = Buffer.allocUnsafeSlow(start + byteLengthOf(payload));
  headed[0] = header.length;
  headed.write(header, 1, 'latin1');
  headed.set(payload, start);
  return headed;
}

export function headerOf(kind: OutgoingKind, id: string): string {
  return `${kind} ${id}`;
}

function endOfLine(data: Buffer): number | undefined {
  // Not `indexOf()`: it would look through all of a payload that has no line at all.
  for (let at = 0; at < MAX_LENGTH && at < data.length; at += 1)
    if (data[at] === LINE_FEED) return at;
  return undefined;
}

function endOfBytes(data: Buffer): number | undefined {
  const length = data[0];
  return length !== undefined && length <= MAX_LENGTH && length < data.length
    ? 1 + length
    : undefined;
}
