import { PreparedMessage } from '../handles/prepared.message.js';
import { preparerOf } from '../send/message.encoder.js';
import type { Payload } from '../send/payload.js';

const prepare = preparerOf('auto');

/** A prepared message that knows its source value, for assertions. */
export class RecordedMessage<T> extends PreparedMessage<T> {
  private constructor(
    /** Bytes are copied. */
    readonly given: unknown,
    private readonly message: PreparedMessage<T>,
  ) {
    super();
  }

  /** @throws UnserializableMessageException */
  static of<T>(value: T, given: unknown): RecordedMessage<T> {
    return new RecordedMessage(given, prepare(value));
  }

  override headedBy(write: (payload: Payload) => Payload): PreparedMessage<T> {
    return this.message.headedBy(write);
  }

  override get frame(): Buffer {
    return this.message.frame;
  }

  override get payload(): Buffer {
    return this.message.payload;
  }

  override get isBinary(): boolean {
    return this.message.isBinary;
  }

  override get format(): unknown {
    return this.message.format;
  }
}
