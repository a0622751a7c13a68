import type { RoomKey, RoomPosition } from '../brokers/room.broker.js';
import type { RoomCounters } from '../metrics/room.counters.js';
import { countOf, eachOf, isAmong, minus, plus, type Few } from '../values/few.js';
import type { Beginning } from './beginning.js';
import { CatchUp, type CatchUpRoom } from './catch.up.js';
import { Crowd } from './crowd.js';
import type { Recipient, SlowRule } from './recipient.js';
import { joinHeader, leaveHeader, writeRoom } from './room.header.js';
import type { InterestEntry, InterestState, Waiter } from './room.interest.js';
import { RoomMarks } from './room.marks.js';
import type { Hearing } from './room.hearing.js';
import { gapOf, noticeOf, type HistoryMessage, type RoomMessage } from './room.message.js';
import { positionBefore } from './room.position.js';
import type { RoomTail } from './room.tail.js';
import { UnderWay } from './under.way.js';

/** The most members that are all served in one go. */
export const AT_ONCE = 512;
/** Members of a larger room served before the event loop gets a turn: about half a millisecond. */
export const SLICE = 64;
/** Runs the rest in a later turn of the event loop. */
export type Later = (run: () => void) => void;

/** What all rooms of one kind share. */
export interface LocalRoomParts {
  readonly later: Later;
  /** For members that read too slowly. */
  readonly slow: SlowRule;
  /** Members of a room here may have missed messages. */
  readonly onGap: (key: RoomKey, position: RoomPosition | undefined) => void;
  readonly counters: RoomCounters;
}

/** This application's part of one room. */
export class LocalRoom<Member extends Recipient> implements CatchUpRoom, InterestEntry {
  // state of the subscription
  state: InterestState = 'idle';
  holders = 0;
  waiter: Waiter | undefined;
  hearing: Hearing = 'unbegun';
  // members
  private members: Few<Member>;
  /** The application's own listeners. */
  private listeners: Set<Recipient> | undefined;
  private marks: RoomMarks | undefined;
  private underWay: UnderWay<Member> | undefined;
  /** Messages received so far, including those that wait. */
  private received = 0;
  /** Whether a message is being delivered: messages sent as a result come afterwards. */
  private isTelling = false;

  /** @param tail With history only. */
  constructor(
    readonly key: RoomKey,
    private readonly parts: LocalRoomParts,
    readonly tail: RoomTail | undefined,
  ) {}

  get size(): number {
    return countOf(this.members);
  }

  /** Members that have to catch up. */
  get behind(): number {
    return this.marks?.behind ?? 0;
  }

  *everybody(): Generator<Member, void, undefined> {
    yield* eachOf(this.members);
  }

  has(member: Member): boolean {
    return isAmong(this.members, member);
  }

  /** The member gets messages from now on, and earlier ones only if `beginning` says so. */
  add(member: Member, beginning?: Beginning): void {
    this.members = plus(this.members, member);
    this.enter(member, beginning);
  }

  /** @param code Sent to clients that asked for headers; `undefined` if nobody listens any more. */
  remove(member: Member, code?: number): void {
    if (!this.has(member)) return;
    if (code === undefined) this.underWay?.crowd?.remove(member);
    else this.tellPending(member);
    this.members = minus(this.members, member);
    this.marks?.forget(member);
    if (code !== undefined && member.takesHeaders)
      this.notify(member, noticeOf(leaveHeader(writeRoom(this.key), code)));
  }

  /** Sends pending broadcasts at once to a member that is about to leave. */
  tellPending(member: Member): void {
    const { underWay, marks } = this;
    if (!underWay || marks?.isCatchingUp(member) === true) return;
    const { crowd, message, waiting } = underWay;
    if (message && crowd?.remove(member) === true) this.tellUnlessSkipped(member, message);
    for (const next of waiting) this.tellUnlessSkipped(member, next);
    (this.marks ??= new RoomMarks()).skipTo(member, this.received, this.tail?.position);
  }

  addListener(listener: Recipient, beginning: Beginning | undefined): void {
    (this.listeners ??= new Set()).add(listener);
    this.enter(listener, beginning);
  }

  removeListener(listener: Recipient): void {
    this.marks?.forget(listener);
    this.listeners?.delete(listener);
    if (this.listeners?.size === 0) this.listeners = undefined;
  }

  broadcast(message: RoomMessage): void {
    this.received += 1;
    message.seq = this.received;
    const { underWay } = this;
    if (!underWay && !this.isTelling) this.tell(message);
    else (underWay ?? this.begin()).wait(message);
  }

  /** Messages are missing for everyone. */
  tellGap(position: RoomPosition | undefined): void {
    this.broadcast(gapOf(this.key, position));
    this.noteGap(position);
  }

  noteGap(position: RoomPosition | undefined): void {
    if (this.size > 0) this.parts.onGap(this.key, position);
  }

  // for members that catch up

  isBehind(catchUp: CatchUp): boolean {
    return this.marks?.isCurrent(catchUp) === true;
  }

  settle(catchUp: CatchUp): void {
    this.marks?.settle(catchUp, this.isBusy ? this.received : 0, catchUp.position);
  }

  giveUpOn(catchUp: CatchUp): void {
    const { member } = catchUp;
    this.marks?.settle(catchUp, this.received, this.tail?.position);
    this.parts.counters.memberGaps += 1;
    if (member.takesHeaders) this.notify(member, gapOf(this.key, this.tail?.position));
    else member.dropBehind();
  }

  private get isBusy(): boolean {
    return this.underWay !== undefined || this.isTelling;
  }

  private begin(): UnderWay<Member> {
    return (this.underWay = new UnderWay(this.parts.counters, this.tail !== undefined));
  }

  private enter(member: Recipient, beginning: Beginning | undefined): void {
    if (this.isBusy)
      (this.marks ??= new RoomMarks()).skipTo(member, this.received, this.tail?.position);
    if (member.takesHeaders) this.welcome(member, beginning);
    if (beginning) this.catchUp(member, beginning.from, beginning.messages, undefined);
  }

  private welcome(member: Recipient, beginning: Beginning | undefined): void {
    const position = beginning?.from ?? this.tail?.position;
    const header = joinHeader(writeRoom(this.key), position, beginning?.isContinued === true);
    this.notify(member, noticeOf(header));
  }

  private notify(member: Recipient, notice: RoomMessage): void {
    try {
      member.deliver(notice, 'wait');
    } catch (error) {
      member.onFault(error);
    }
  }

  private catchUp(
    member: Recipient,
    at: RoomPosition,
    messages: readonly HistoryMessage[],
    drained: Promise<void> | undefined,
  ): void {
    const { tail } = this;
    if (!tail) return;
    const catchUp = new CatchUp({ room: this, tail, member, at, messages });
    (this.marks ??= new RoomMarks()).fallBehind(catchUp);
    catchUp.start(drained);
  }

  private tell(message: RoomMessage): void {
    if (this.tellFirst(message)) return;
    if (this.underWay) this.goOn(this.underWay);
  }

  /** @returns Whether it continues in later turns. */
  private tellFirst(message: RoomMessage): boolean {
    const isCrowd = countOf(this.members) > AT_ONCE;
    this.isTelling = true;
    for (const listener of this.listeners ?? []) this.tellUnlessSkipped(listener, message);
    if (isCrowd) this.tellCrowd(message);
    else for (const member of eachOf(this.members)) this.tellUnlessSkipped(member, message);
    this.isTelling = false;
    return isCrowd;
  }

  /** Members that join meanwhile are not included. */
  private tellCrowd(message: RoomMessage): void {
    const underWay = this.underWay ?? this.begin();
    const crowd = new Crowd(eachOf(this.members));
    underWay.message = message;
    underWay.crowd = crowd;
    this.tellSlice(crowd, message);
    this.tellLater(underWay, crowd, message, performance.now());
  }

  private tellLater(
    underWay: UnderWay<Member>,
    crowd: Crowd<Member>,
    message: RoomMessage,
    start: number,
  ): void {
    this.parts.later(() => {
      this.tellSlice(crowd, message);
      if (!crowd.isEmpty) {
        this.tellLater(underWay, crowd, message, start);
        return;
      }
      this.parts.counters.fanOutLag = performance.now() - start;
      underWay.message = undefined;
      underWay.crowd = undefined;
      this.goOn(underWay);
    });
  }

  private tellSlice(crowd: Crowd<Member>, message: RoomMessage): void {
    for (let count = 0; count < SLICE; count += 1) {
      const member = crowd.take();
      if (!member) return;
      this.tellUnlessSkipped(member, message);
    }
  }

  private tellUnlessSkipped(member: Recipient, message: RoomMessage): void {
    if (this.marks?.skips(member, message) === true) this.parts.counters.skipped += 1;
    else this.tellOne(member, message);
  }

  private tellOne(member: Recipient, message: RoomMessage): void {
    const { except, step } = message;
    const { counters, slow } = this.parts;
    if (except.length > 0 && member.knownId !== undefined && except.includes(member.knownId)) {
      counters.skipped += 1;
      return;
    }
    let isTold = true;
    try {
      // A gap must not go unnoticed.
      isTold = member.deliver(message, message.isGap ? 'wait' : slow);
    } catch (error) {
      member.onFault(error);
    }
    if (isTold) {
      if (!message.isNotice) counters.delivered += 1;
      return;
    }
    // A message without a place in history cannot be caught up on.
    if (step) this.catchUp(member, positionBefore(step), [], member.drained());
  }

  /** Waiting messages are taken one by one: members may leave and join meanwhile. */
  private goOn(underWay: UnderWay<Member>): void {
    for (let next = underWay.waiting.shift(); next; next = underWay.waiting.shift())
      if (this.tellFirst(next)) return;
    this.underWay = undefined;
    if (underWay.overflow) this.catchUpAll(underWay.overflow);
    if (underWay.isIncomplete) this.tellGap(undefined);
  }

  private catchUpAll(position: RoomPosition): void {
    for (const member of [...this.everybody(), ...(this.listeners ?? [])]) {
      const at = this.marks ? this.marks.startFor(member, position) : position;
      if (at) this.catchUp(member, at, [], undefined);
    }
  }
}
