/**
 * Turns payloads into bodies and results into payloads. Both are synchronous: a promise is a fault, and async functions
 * are refused at start.
 *
 * @example MessagePack
 * ```ts
 * import { decode, encode } from '@msgpack/msgpack';
 * @WebSocket('feed', { format: { decode: (data) => decode(data), encode } })
 * ```
 */
export interface MessageCodec {
  /**
   * Payload to body. What it throws is an invalid payload: close code 1007.
   *
   * @param isBinary Whether it came in a binary frame.
   */
  decode(data: Buffer, isBinary: boolean): unknown;
  /**
   * Result to payload. What it throws closes with 1011.
   *
   * @returns A string for a text frame, bytes for a binary frame. Other views and array buffers are read by their
   * bytes; anything else closes with 1011.
   */
  encode(value: unknown): string | Uint8Array;
  /** The media type of its payloads, for documents: `'application/msgpack'`. */
  readonly contentType?: string;
}

/** How payloads become bodies and results become payloads. See {@link MessageCodec}. */
export type MessageFormat = 'auto' | 'raw' | 'text' | 'json' | 'binary' | MessageCodec;
