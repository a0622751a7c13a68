import { SharedClass } from './shared.class.js';

/**
 * A message that was encoded and framed once, to be sent to many connections: what `prepare()` of a connection or a
 * sender returns. Give it to `send()`, return it from a handler, or yield it.
 *
 * Where `perMessageDeflate` has `serverNoContextTakeover`, it is compressed once as well.
 *
 * It fits all routes that have the same `format`. Another route refuses it, as it refuses what cannot be serialized.
 *
 * @typeParam T What was prepared.
 */
@SharedClass('PreparedMessage')
export abstract class PreparedMessage<T = unknown> {
  /**
   * The type of what was prepared, for the compiler alone: it never has a value. Public, since a protected one would
   * make the types of the two builds strangers to each other.
   */
  declare readonly '~prepared'?: T;
  /** @internal The whole frame, uncompressed. Nobody writes into it. */
  abstract readonly frame: Buffer;
  /** @internal The part of the frame behind its header, always the same object. */
  abstract readonly payload: Buffer;
  /** @internal */
  abstract readonly isBinary: boolean;
  /** @internal The same for clients that want a header in front, made once. */
  abstract headedBy(
    write: (payload: string | Uint8Array) => string | Uint8Array,
  ): PreparedMessage<T>;
  /** @internal What it was encoded by. */
  abstract readonly format: unknown;
}
