import { PreparedMessage } from '../handles/prepared.message.js';
import { FirstByte, frameOf, headerLengthOf } from '../send/frame.js';
import { contentOf } from '../send/framed.message.js';
import type { Payload } from '../send/payload.js';

/** A message of a room, framed once. No application ever holds it, so it needs no protection of its state. */
export class RoomFrame extends PreparedMessage {
  override readonly frame: Buffer;
  private content: Buffer | undefined;

  /** @param isBinary False for the bytes of a text. */
  constructor(
    content: Payload,
    override readonly isBinary = typeof content !== 'string',
  ) {
    super();
    this.frame = frameOf(content, isBinary ? FirstByte.binary : FirstByte.text);
  }

  override get payload(): Buffer {
    // Always the same object, which identifies it to shared compression.
    return (this.content ??= this.frame.subarray(headerLengthOf(this.frame)));
  }

  override get format(): undefined {
    return undefined;
  }

  override headedBy(write: (payload: Payload) => Payload): PreparedMessage {
    return new RoomFrame(write(contentOf(this)));
  }
}
