import type { RoomPosition } from '../brokers/room.broker.js';
import type { Recipient } from './recipient.js';
import type { HistoryMessage } from './room.message.js';
import { isSame } from './room.position.js';
import type { RoomTail } from './room.tail.js';

/** Messages sent in one go before the event loop gets a turn. */
const BATCH = 128;

/** What the room does for a member that catches up. */
export interface CatchUpRoom {
  /** Whether the member is still there, and nothing else has started for it. */
  isBehind(catchUp: CatchUp): boolean;
  /** The member has caught up and gets broadcasts like all others from here on. */
  settle(catchUp: CatchUp): void;
  /** The messages it missed are no longer kept. */
  giveUpOn(catchUp: CatchUp): void;
}

interface CatchUpParts {
  readonly room: CatchUpRoom;
  readonly tail: RoomTail;
  readonly member: Recipient;
  /** The member's position. */
  readonly at: RoomPosition;
  /** The messages after it, apart from those that the room has. */
  readonly messages: readonly HistoryMessage[];
}

/**
 * Brings one member up to the room's position: from the ring, else from the broker, as fast as the member reads.
 * Nothing is queued for it meanwhile; its backlog is a single position.
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

  /** The last position that the member has received. */
  get position(): RoomPosition {
    return this.at;
  }

  /** Goes as far as possible at once. @param drained When the member can take more. */
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
    // Releases messages that were sent.
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
    // The broker has no more messages, so the room itself is behind, or in an ended history.
    if (messages.length === 0) await tail.readOnNow();
  }
}

function isFor(member: Recipient, { except }: HistoryMessage): boolean {
  return member.knownId === undefined || !except.includes(member.knownId);
}
