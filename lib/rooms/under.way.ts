import type { RoomPosition } from '../brokers/room.broker.js';
import type { RoomCounters } from '../metrics/room.counters.js';
import type { Crowd } from './crowd.js';
import type { Recipient } from './recipient.js';
import type { RoomMessage } from './room.message.js';
import { positionBefore } from './room.position.js';

/** Broadcasts that may wait for one in progress. */
const MAX_WAITING = 64;

/** A broadcast that continues in later turns, or that causes others. */
export class UnderWay<Member extends Recipient> {
  /** The message that continues in later turns. */
  message: RoomMessage | undefined;
  /** The members that have not received it yet. */
  crowd: Crowd<Member> | undefined;
  /** The messages after it, in order. */
  readonly waiting: RoomMessage[] = [];
  /** Too many messages waited: members that got everything before have to catch up from here. */
  overflow: RoomPosition | undefined;
  /** Too many messages waited, and nobody can catch up. */
  isIncomplete = false;

  constructor(
    private readonly counters: RoomCounters,
    private readonly hasHistory: boolean,
  ) {}

  wait(message: RoomMessage): void {
    const { waiting, overflow } = this;
    const { isGap, isNotice, step } = message;
    // Nobody can catch up across a gap.
    if (isGap) this.overflow = undefined;
    // Notices do not count toward the limit, and none may be lost.
    if (isGap || (!overflow && (waiting.length < MAX_WAITING || isNotice))) waiting.push(message);
    else if (step) this.overflow ??= positionBefore(step);
    else if (!isNotice) {
      this.counters.dropped += 1;
      // A message without a place in history leaves no gap in it.
      this.isIncomplete = !this.hasHistory;
    }
  }
}
