import { InvalidPayloadException } from '../errors/revali-ws.exceptions.js';
import type { MessageCodec } from '../options/message.format.js';
import type { BodyKind, ReadableBody } from './message.body.js';

/** A property of a parsed message, as the body of a handler. */
export class MessagePart implements ReadableBody {
  constructor(
    private readonly whole: ReadableBody,
    private readonly value: unknown,
  ) {}

  read(kind: BodyKind): unknown {
    const { value } = this;
    switch (kind) {
      case 'text':
        // A handler that asks for a text gets a text, as it would for a whole message.
        if (value === undefined || typeof value === 'string') return value;
        throw new InvalidPayloadException();
      case 'bytes':
        return value instanceof Uint8Array ? value : this.whole.read('bytes');
      case 'none':
        return undefined;
      case 'json':
      case 'unknown':
        return value;
    }
  }

  readRaw(): string | Buffer {
    return this.whole.readRaw();
  }

  readWith(_codec: MessageCodec): unknown {
    return this.value;
  }
}
