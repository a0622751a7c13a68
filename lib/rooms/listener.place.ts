import type { Subscriber } from 'rxjs';
import type { RoomKey, RoomPosition } from '../brokers/room.broker.js';
import type { RoomRecord } from '../handles/room.handle.js';
import type { LocalRoom } from './local.room.js';
import type { RoomKind } from './room.kind.js';
import { RoomListener } from './room.listener.js';
import type { RoomMember } from './room.member.js';

/** What a listener needs from the hub. */
export interface ListenerHost {
  hold(key: RoomKey, kind: RoomKind): Promise<LocalRoom<RoomMember>>;
  release(room: LocalRoom<RoomMember>): void;
}

/** One subscription of the application to a room, from start to end. */
export class ListenerPlace {
  private room: LocalRoom<RoomMember> | undefined;
  private readonly listener: RoomListener;
  private hasLeft = false;

  constructor(
    private readonly host: ListenerHost,
    private readonly key: RoomKey,
    private readonly kind: RoomKind,
    private readonly subscriber: Subscriber<RoomRecord>,
  ) {
    this.listener = new RoomListener(key, kind.decode, subscriber);
  }

  /** Never rejects: the subscriber gets the error. */
  async enter(after: RoomPosition | undefined): Promise<void> {
    try {
      const room = await this.host.hold(this.key, this.kind);
      this.room = room;
      if (this.hasLeft) {
        this.release();
        return;
      }
      const beginning = after && (await room.tail?.beginningOf(after, 0));
      if (this.hasLeft) return;
      if (after && !beginning) this.listener.dropBehind();
      else room.addListener(this.listener, beginning);
    } catch (error) {
      this.subscriber.error(error);
    }
  }

  leave(): void {
    if (this.hasLeft) return;
    this.hasLeft = true;
    this.room?.removeListener(this.listener);
    this.release();
  }

  private release(): void {
    const { room } = this;
    this.room = undefined;
    if (room) this.host.release(room);
  }
}
