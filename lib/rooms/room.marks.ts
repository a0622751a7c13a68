import type { RoomPosition } from '../brokers/room.broker.js';
import type { CatchUp } from './catch.up.js';
import type { Recipient } from './recipient.js';
import type { RoomMessage } from './room.message.js';

/** Up to where a member has received messages by other means than the broadcast itself. */
interface Mark {
  /** Sequence number in the room. */
  readonly seq: number;
  /** Position in the room's history. */
  readonly at: RoomPosition | undefined;
  readonly catchUp: CatchUp | undefined;
}

/** Members for whom the next message may not be the room's next. Most rooms have none. */
export class RoomMarks {
  /** Members that have to catch up. */
  behind = 0;
  private marks: Map<Recipient, Mark> | undefined;

  /** Whether this member must not get the message. */
  skips(member: Recipient, message: RoomMessage): boolean {
    const mark = this.marks?.get(member);
    if (!mark) return false;
    if (mark.catchUp || message.seq <= mark.seq) return true;
    const { step, isGap } = message;
    // A message without a place in history says nothing about the member's place.
    if (mark.at && !step && !isGap) return false;
    if (mark.at && step && step.offset <= mark.at.offset) return true;
    this.forget(member);
    return false;
  }

  /** @param seq Messages that the room received before the member came. @param at The room's position at that time. */
  skipTo(member: Recipient, seq: number, at: RoomPosition | undefined): void {
    this.set(member, { seq, at, catchUp: undefined });
  }

  /**
   * The position from which a member has to catch up, if all must from `position`. @returns `undefined` if it already
   * does.
   */
  startFor(member: Recipient, position: RoomPosition): RoomPosition | undefined {
    const mark = this.marks?.get(member);
    if (mark?.catchUp) return undefined;
    return mark?.at && mark.at.offset > position.offset ? mark.at : position;
  }

  isCatchingUp(member: Recipient): boolean {
    return this.marks?.get(member)?.catchUp !== undefined;
  }

  fallBehind(catchUp: CatchUp): void {
    this.forget(catchUp.member);
    this.behind += 1;
    this.set(catchUp.member, { seq: 0, at: undefined, catchUp });
  }

  isCurrent(catchUp: CatchUp): boolean {
    return this.marks?.get(catchUp.member)?.catchUp === catchUp;
  }

  settle(catchUp: CatchUp, seq: number, at: RoomPosition | undefined): void {
    this.forget(catchUp.member);
    this.skipTo(catchUp.member, seq, at);
  }

  forget(member: Recipient): void {
    const mark = this.marks?.get(member);
    if (!mark) return;
    if (mark.catchUp) this.behind -= 1;
    this.marks?.delete(member);
    if (this.marks?.size === 0) this.marks = undefined;
  }

  private set(member: Recipient, mark: Mark): void {
    (this.marks ??= new Map()).set(member, mark);
  }
}
