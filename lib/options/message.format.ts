/**
 * Turns payloads into bodies and results into payloads. Both methods are synchronous: returning a promise is an error,
 * and async functions are refused at startup.
 *
 * @example MessagePack
 * ```ts
 * import { decode, encode } from '@msgpack/msgpack';
 * @WebSocket('feed', { format: { decode: (data) => decode(data), encode } })
 * ```
 */
export interface MessageCodec {
  /**
   * Turns a payload into a body. If it throws, the payload is invalid: close code 1007.
   *
   * @param isBinary Whether the payload came in a binary frame.
   */
  decode(data: Buffer, isBinary: boolean): unknown;
  /**
   * Turns a result into a payload. If it throws, the connection closes with 1011.
   *
   * @returns A string for a text frame, bytes for a binary frame. Other views and array buffers are read as their
   * bytes; anything else closes with 1011.
   */
  encode(value: unknown): string | Uint8Array;
  /** The media type of the payloads, used in generated documents, such as `'application/msgpack'`. */
  readonly contentType?: string;
}

/** How payloads become bodies and results become payloads. See {@link MessageCodec}. */
export type MessageFormat = 'auto' | 'raw' | 'text' | 'json' | 'binary' | MessageCodec;
