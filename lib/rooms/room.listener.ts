import type { Subscriber } from 'rxjs';
import { RoomGapException } from '../errors/room.exceptions.js';
import type { RoomRecord } from '../handles/room.handle.js';
import type { Recipient } from './recipient.js';
import type { Decoder } from './room.kind.js';
import type { RoomMessage } from './room.message.js';
import { writePosition } from './room.position.js';

/** The application itself as a recipient of a room's messages. */
export class RoomListener implements Recipient {
  readonly knownId = undefined;
  readonly takesHeaders = false;

  constructor(
    private readonly room: string,
    private readonly decode: Decoder,
    private readonly subscriber: Subscriber<RoomRecord>,
  ) {}

  deliver(message: RoomMessage): boolean {
    if (message.isGap) this.dropBehind();
    else this.next(message);
    return true;
  }

  deliverMissed(message: RoomMessage): undefined {
    this.deliver(message);
  }

  drained(): undefined {
    // Its subscriber takes everything at once.
  }

  dropBehind(): void {
    this.subscriber.error(new RoomGapException(this.room));
  }

  onFault(error: unknown): void {
    this.subscriber.error(error);
  }

  private next({ plain, isJson, isNotice, step }: RoomMessage): void {
    if (!plain) {
      // This version cannot read the broadcast.
      if (!isNotice) this.dropBehind();
      return;
    }
    const { payload, isBinary } = plain;
    try {
      const message = this.decode({ payload, isBinary, isJson });
      this.subscriber.next(step ? { position: writePosition(step), message } : { message });
    } catch (error) {
      this.subscriber.error(error);
    }
  }
}
