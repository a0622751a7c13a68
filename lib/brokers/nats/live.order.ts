import type { RoomKey } from '../room.broker.js';

/** Milliseconds that a message waits for its predecessors; after that, they count as missing. */
const PATIENCE = 250;
/** Messages of one room that may wait: no more are in transit than there are publishers. */
const MOST = 1_000;

interface Early {
  /** In the stream. */
  readonly sequence: number;
  /** The sequence of the room's previous message. */
  readonly sequenceBefore: number;
  readonly tell: () => void;
}

interface Queue {
  readonly messages: Early[];
  readonly timer: NodeJS.Timeout;
}

/**
 * Puts JetStream's messages of a room into the order of its stream. If several links publish, a server may deliver a
 * message before its predecessor.
 */
export class LiveOrder {
  private readonly queues = new Map<RoomKey, Queue>();

  /** @param placeOf The newest sequence that was delivered; `undefined` if unknown. */
  constructor(private readonly placeOf: (room: RoomKey) => number | undefined) {}

  take(room: RoomKey, message: Early): void {
    const queue = this.queues.get(room);
    if (!this.isNext(room, message)) this.keep(room, queue, message);
    else {
      message.tell();
      if (queue) this.release(room, queue);
    }
  }

  forget(room: RoomKey): void {
    clearTimeout(this.queues.get(room)?.timer);
    this.queues.delete(room);
  }

  private isNext(room: RoomKey, { sequenceBefore }: Early): boolean {
    const place = this.placeOf(room);
    return place === undefined || sequenceBefore <= place;
  }

  private keep(room: RoomKey, present: Queue | undefined, message: Early): void {
    const queue = present ?? {
      messages: [],
      timer: setTimeout(() => this.giveUp(room), PATIENCE).unref(),
    };
    this.queues.set(room, queue);
    const { messages } = queue;
    const after = messages.findIndex(({ sequence }) => sequence > message.sequence);
    messages.splice(after < 0 ? messages.length : after, 0, message);
    if (messages.length > MOST) this.giveUp(room);
  }

  private release(room: RoomKey, queue: Queue): void {
    const { messages } = queue;
    for (let [next] = messages; next && this.isNext(room, next); [next] = messages) {
      messages.shift();
      next.tell();
    }
    if (messages.length === 0 && this.queues.get(room) === queue) this.forget(room);
  }

  /** Each message names its predecessor, so the gap is noticed. */
  private giveUp(room: RoomKey): void {
    const messages = this.queues.get(room)?.messages ?? [];
    this.forget(room);
    for (const { tell } of messages) tell();
  }
}
