import { PreparedMessage } from '../handles/prepared.message.js';
import { FirstByte, frameOf, headerLengthOf } from './frame.js';
import type { Payload } from './payload.js';

/** Holds its frame once for all receivers. */
export class FramedMessage<T> extends PreparedMessage<T> {
  readonly #frame: Buffer;
  #payload: Buffer | undefined;
  readonly #isBinary: boolean;
  readonly #format: unknown;
  #headed: PreparedMessage<T> | undefined;

  /** @param isBinary False for the bytes of a text. */
  constructor(payload: Payload, format: unknown, isBinary = typeof payload !== 'string') {
    super();
    this.#frame = frameOf(payload, isBinary ? FirstByte.binary : FirstByte.text);
    this.#isBinary = isBinary;
    this.#format = format;
    // Serializers turn readable properties into a plain object, which would be sent instead.
    Object.defineProperty(this, 'content', { enumerable: true, get: refuse });
  }

  /** Whether its getters are those of this class: a proxy, a subclass, or another build has different ones. */
  static isOne(value: object): boolean {
    return #frame in value && Reflect.getPrototypeOf(value) === FramedMessage.prototype;
  }

  override headedBy(write: (payload: Payload) => Payload): PreparedMessage<T> {
    return (this.#headed ??= new FramedMessage<T>(write(contentOf(this)), this.#format));
  }

  override get frame(): Buffer {
    return this.#frame;
  }

  override get payload(): Buffer {
    // Always the same object, which identifies it to shared compression.
    return (this.#payload ??= this.#frame.subarray(headerLengthOf(this.#frame)));
  }

  override get isBinary(): boolean {
    return this.#isBinary;
  }

  override get format(): unknown {
    return this.#format;
  }

  toJSON(): never {
    return refuse();
  }
}

/** The content before framing. */
export function contentOf({ payload, isBinary }: PreparedMessage): Payload {
  return isBinary ? payload : payload.toString('utf8');
}

function refuse(): never {
  throw new TypeError(
    'A prepared message is sent as it is; prepare it after serializing, and not as a part of another value',
  );
}
