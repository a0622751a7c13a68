import type { RoomPosition } from '../brokers/room.broker.js';
import type { RoomCounters } from '../metrics/room.counters.js';
import type { Crowd } from './crowd.js';
import type { Recipient } from './recipient.js';
import type { RoomMessage } from './room.message.js';
import { positionBefore } from './room.position.js';

/** Broadcasts that may wait for one that is under way. */
const MAX_WAITING = 64;

/** A broadcast that goes on in later turns, or that brings about others. */
export class UnderWay<Member extends Recipient> {
  /** That goes on in later turns. */
  message: RoomMessage | undefined;
  /** Who has not been told it yet. */
  crowd: Crowd<Member> | undefined;
  /** Behind it, in order. */
  readonly waiting: RoomMessage[] = [];
  /** Too much waited: who has been told everything before has to catch up from here. */
  overflow: RoomPosition | undefined;
  /** The same, and nobody can catch up. */
  isIncomplete = false;

  constructor(
    private readonly counters: RoomCounters,
    private readonly hasHistory: boolean,
  ) {}

  wait(message: RoomMessage): void {
    const { waiting, overflow } = this;
    const { isGap, isNotice, step } = message;
    // Nothing can be caught up across a gap.
    if (isGap) this.overflow = undefined;
    // A notice counts for nothing, and none may be lost.
    if (isGap || (!overflow && (waiting.length < MAX_WAITING || isNotice))) waiting.push(message);
    else if (step) this.overflow ??= positionBefore(step);
    else if (!isNotice) {
      this.counters.dropped += 1;
      // What has no place in a history leaves no hole in it.
      this.isIncomplete = !this.hasHistory;
    }
  }
}
