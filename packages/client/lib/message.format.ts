/** The content of a message on the wire: a string for text, an `ArrayBuffer` for binary. */
export type Payload = string | ArrayBuffer;

/** Converts messages to payloads and back. */
export interface MessageCodec {
  /** @returns A string for a text message, bytes for a binary one. */
  encode(message: unknown): string | ArrayBuffer | ArrayBufferView;
  /** If it throws, the connection emits `error` and drops the message. */
  decode(payload: Payload): unknown;
}

/**
 * How messages are read and written.
 *
 * - `'auto'`: JSON text in `{…}` or `[…]` is read as a value, other text as a string, binary as an `ArrayBuffer`.
 *   Strings and bytes are sent unchanged, anything else as JSON.
 * - `'json'`: everything is JSON, strings too.
 * - `'text'`: everything is a string.
 * - `'raw'`, `'binary'`: strings and bytes are read and sent unchanged.
 */
export type MessageFormat = 'auto' | 'json' | 'text' | 'raw' | 'binary' | MessageCodec;

export function encodeMessage(format: MessageFormat, message: unknown): Payload {
  if (typeof format === 'object') return payloadOf(format.encode(message));
  const isReady = typeof message === 'string' || isBytes(message) || format !== 'auto';
  return payloadOf(isReady && format !== 'json' ? message : JSON.stringify(message));
}

/** @param isAnswer Whether numbers and the like are values, too: nothing else tells them from text. */
export function decodeMessage(format: MessageFormat, payload: Payload, isAnswer = false): unknown {
  if (typeof format === 'object') return format.decode(payload);
  if (format === 'json') return JSON.parse(textOf(payload));
  if (format === 'text') return textOf(payload);
  // The server reads messages without a type by the same rule.
  if (format === 'auto' && typeof payload === 'string' && (isAnswer || /^\s*[{[]/.test(payload)))
    try {
      return JSON.parse(payload);
    } catch {
      // The text only looks like JSON.
    }
  return payload;
}

export function textOf(payload: Payload): string {
  return typeof payload === 'string' ? payload : new TextDecoder().decode(payload);
}

const isBytes = (value: unknown): value is ArrayBuffer | ArrayBufferView =>
  value instanceof ArrayBuffer || ArrayBuffer.isView(value);

/** Copies bytes, because the sender may reuse its buffer. */
function payloadOf(value: unknown): Payload {
  if (typeof value === 'string') return value;
  if (!isBytes(value)) throw new TypeError(`A message cannot be ${typeof value}.`);
  const bytes = ArrayBuffer.isView(value)
    ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
    : new Uint8Array(value);
  return bytes.slice().buffer;
}
