/** What goes over the wire: the content of a text message, or of a binary one. */
export type Payload = string | ArrayBuffer;

/** Turns messages into payloads, and payloads into messages. */
export interface MessageCodec {
  /** @returns A string for a text message, bytes for a binary one. */
  encode(message: unknown): string | ArrayBuffer | ArrayBufferView;
  /** What it throws is told by `on('error')`, and the message is left out. */
  decode(payload: Payload): unknown;
}

/**
 * How messages are read and written.
 *
 * - `'auto'`: text in `{…}` or `[…]` that is JSON is a value, other text a string, binary an `ArrayBuffer`. Strings and
 *   bytes are sent as they are, anything else as JSON.
 * - `'json'`: everything is JSON, strings too.
 * - `'text'`: everything is a string.
 * - `'raw'`, `'binary'`: strings and bytes as they are.
 */
export type MessageFormat = 'auto' | 'json' | 'text' | 'raw' | 'binary' | MessageCodec;

export function encodeMessage(format: MessageFormat, message: unknown): Payload {
  if (typeof format === 'object') return payloadOf(format.encode(message));
  if (format !== 'json') {
    if (typeof message === 'string') return message;
    if (format !== 'auto' || isBytes(message)) return payloadOf(message);
  }
  return payloadOf(JSON.stringify(message));
}

/** @param isAnswer Whether numbers and the like are values, too: there is no other way to tell them from text. */
export function decodeMessage(format: MessageFormat, payload: Payload, isAnswer = false): unknown {
  if (typeof format === 'object') return format.decode(payload);
  if (format === 'json') return JSON.parse(textOf(payload));
  if (format === 'text') return textOf(payload);
  return format === 'auto' && typeof payload === 'string' ? guess(payload, isAnswer) : payload;
}

export function textOf(payload: Payload): string {
  return typeof payload === 'string' ? payload : new TextDecoder().decode(payload);
}

/** The server's rule for what has no type. */
function guess(text: string, isAnswer: boolean): unknown {
  if (!isAnswer && !/^\s*[{[]/.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const isBytes = (value: unknown): value is ArrayBuffer | ArrayBufferView =>
  value instanceof ArrayBuffer || ArrayBuffer.isView(value);

/** Bytes are copied: whoever sends may use them again. */
function payloadOf(value: unknown): Payload {
  if (typeof value === 'string') return value;
  if (!isBytes(value)) throw new TypeError(`A message cannot be ${typeof value}.`);
  if (value instanceof ArrayBuffer) return value.slice();
  const bytes = new Uint8Array(value.byteLength);
  bytes.set(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  return bytes.buffer;
}
