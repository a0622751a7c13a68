import type { RoomPosition } from '../brokers/room.broker.js';
import type { Recipient } from './recipient.js';
import type { HistoryMessage } from './room.message.js';
import { isSame } from './room.position.js';
import type { RoomTail } from './room.tail.js';

/** Messages sent in one go, before the event loop has its turn. */
const BATCH = 128;

/** What the room does for a member that catches up. */
export interface CatchUpRoom {
  /** Whether the member is still there, and nothing else has begun for it. */
  isBehind(catchUp: CatchUp): boolean;
  /** It has caught up: from here on it is told as all others. */
  settle(catchUp: CatchUp): void;
  /** What it has missed is kept no more. */
  giveUpOn(catchUp: CatchUp): void;
}

interface CatchUpParts {
  readonly room: CatchUpRoom;
  readonly tail: RoomTail;
  readonly member: Recipient;
  /** What it has. */
  readonly at: RoomPosition;
  /** What follows it, as far as the room does not have it. */
  readonly messages: readonly HistoryMessage[];
}

/**
 * Brings one member up to where the room is: from the ring, else from the broker, as fast as it reads. Nothing is
 * queued for it meanwhile; what it has missed is one position.
 */
export class CatchUp {
  private at: RoomPosition;
  private list: HistoryMessage[];

  constructor(private readonly parts: CatchUpParts) {
    this.at = parts.at;
    this.list = [...parts.messages];
  }

  get member(): Recipient {
    return this.parts.member;
  }

  /** Up to where the member has been told. */
  get position(): RoomPosition {
    return this.at;
  }

  /** Goes as far as it can at once. @param drained When the member can take something. */
  start(drained: Promise<void> | undefined): void {
    this.run(drained).catch((error: unknown) => this.member.onFault(error));
  }

  private async run(drained: Promise<void> | undefined): Promise<void> {
    const { room, tail, member } = this.parts;
    if (drained) await drained;
    for (let count = 1; room.isBehind(this); count += 1) {
      const next = this.next();
      if (next) {
        const wait = isFor(member, next) ? member.deliverMissed(next) : undefined;
        tail.counters.caughtUp += 1;
        // oxlint-disable-next-line no-await-in-loop -- one after another, as the member reads
        if (wait) await wait;
        // oxlint-disable-next-line no-await-in-loop
        else if (count % BATCH === 0) await new Promise((resolve) => setImmediate(resolve));
      } else if (isSame(this.at, tail.position)) {
        room.settle(this);
        return;
      }
      // oxlint-disable-next-line no-await-in-loop
      else await this.readOn();
    }
  }

  private next(): HistoryMessage | undefined {
    // What was sent is let go.
    const next = this.list.shift() ?? this.parts.tail.next(this.at);
    if (next) this.at = next.step;
    return next;
  }

  private async readOn(): Promise<void> {
    const { room, tail } = this.parts;
    const messages = await tail.missedAfter(this.at);
    if (!room.isBehind(this)) return;
    if (!messages) {
      room.giveUpOn(this);
      return;
    }
    this.list = messages;
    // The broker has no more, so it is the room that is behind, or in a history that is over.
    if (messages.length === 0) await tail.readOnNow();
  }
}

function isFor(member: Recipient, { except }: HistoryMessage): boolean {
  return member.knownId === undefined || !except.includes(member.knownId);
}
