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
  const isReady = typeof message === 'string' || isBytes(message) || format !== 'auto';
  return payloadOf(isReady && format !== 'json' ? message : JSON.stringify(message));
}

/** @param isAnswer Whether numbers and the like are values, too: there is no other way to tell them from text. */
export function decodeMessage(format: MessageFormat, payload: Payload, isAnswer = false): unknown {
  if (typeof format === 'object') return format.decode(payload);
  if (format === 'json') return JSON.parse(textOf(payload));
  if (format === 'text') return textOf(payload);
  // The server's rule for what has no type.
  if (format === 'auto' && typeof payload === 'string' && (isAnswer || /^\s*[{[]/.test(payload)))
    try {
      return JSON.parse(payload);
    } catch {
      // Text that looks like a value.
    }
  return payload;
}

export function textOf(payload: Payload): string {
  return typeof payload === 'string' ? payload : new TextDecoder().decode(payload);
}

const isBytes = (value: unknown): value is ArrayBuffer | ArrayBufferView =>
  value instanceof ArrayBuffer || ArrayBuffer.isView(value);

/** Bytes are copied: who sends them may use them again. */
function payloadOf(value: unknown): Payload {
  if (typeof value === 'string') return value;
  if (!isBytes(value)) throw new TypeError(`A message cannot be ${typeof value}.`);
  const bytes = ArrayBuffer.isView(value)
    ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
    : new Uint8Array(value);
  return bytes.slice().buffer;
}
