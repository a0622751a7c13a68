import { SharedClass } from './shared.class.js';

/**
 * A message that was encoded and framed once, to be sent to many connections. `prepare()` of a connection or a sender
 * returns it. Pass it to `send()`, return it from a handler, or yield it.
 *
 * With `serverNoContextTakeover` in `perMessageDeflate`, it is compressed once as well.
 *
 * It fits every route with the same `format`. Another route refuses it like a value that cannot be serialized.
 *
 * @typeParam T The type of the prepared value.
 */
@SharedClass('PreparedMessage')
export abstract class PreparedMessage<T = unknown> {
  /**
   * The type of the prepared value, for the compiler only: it never has a value. It is public because a protected
   * member would make the types of the two builds incompatible.
   */
  declare readonly '~prepared'?: T;
  /** @internal The whole frame, uncompressed. Nobody writes to it. */
  abstract readonly frame: Buffer;
  /** @internal The part of the frame after its header, always the same object. */
  abstract readonly payload: Buffer;
  /** @internal */
  abstract readonly isBinary: boolean;
  /** @internal The message for clients that want a header before it, created once. */
  abstract headedBy(
    write: (payload: string | Uint8Array) => string | Uint8Array,
  ): PreparedMessage<T>;
  /** @internal The format that encoded it. */
  abstract readonly format: unknown;
}
