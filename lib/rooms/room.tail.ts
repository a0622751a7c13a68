import type { HistoryPage, HistoryStep, RoomKey, RoomPosition } from '../brokers/room.broker.js';
import type { RoomCounters } from '../metrics/room.counters.js';
import type { Beginning } from './beginning.js';
import { PAGE, RoomBacklog, type BacklogParts } from './room.backlog.js';
import { HistoryMessage } from './room.message.js';
import { decodePacket } from './room.packet.js';
import { follows, isSame, positionBefore } from './room.position.js';
import { RoomRing, type RingBudget, type RingLimits } from './room.ring.js';

/** Packets that may wait for a read; any more are read, too. */
const MAX_PENDING = 128;
/** Used until the broker has reported the room's position. */
const UNKNOWN: RoomPosition = { offset: 0, tag: '' };

/** What a tail needs from its room. */
export interface TailRoom {
  /** The next message. */
  broadcast(message: HistoryMessage): void;
  /** Messages before this position are missing. */
  tellGap(position: RoomPosition): void;
  /** Members have just learned of this gap through its position alone. */
  noteGap(position: RoomPosition): void;
}

/** What all rooms of one kind share. */
export interface TailParts extends BacklogParts {
  readonly limits: RingLimits;
  readonly budget: RingBudget;
  readonly counters: RoomCounters;
}

interface Pending {
  readonly step: HistoryStep;
  readonly packet: Buffer;
}

/**
 * A room's place in its history: passes on each message once and in order, and reads missing messages. Each message
 * names its predecessor, which tells a gap, a repetition, and another history apart.
 */
export class RoomTail {
  room: TailRoom | undefined;
  /** When the last message came, or the broker was last asked, in ms since 1970. */
  changedAt = 0;
  private readonly ring: RoomRing<HistoryMessage>;
  private readonly backlog: RoomBacklog;
  private isKnown = false;
  /** Messages that came during a read. */
  private pending: Pending[] = [];
  /**
   * The number of pending messages that came before the read started: the read has them, or they are no longer kept.
   */
  private covered = 0;
  /** Anything after it may belong to an ended history, which another read decides. */
  private certainTo = Infinity;
  /** Whether some messages had to be left to another read. */
  private hasLeftOut = false;
  private reading: Promise<void> | undefined;
  private isClosed = false;

  constructor(
    private readonly key: RoomKey,
    private readonly parts: TailParts,
  ) {
    this.ring = new RoomRing(UNKNOWN, parts.limits, parts.budget);
    this.backlog = new RoomBacklog(key, parts);
  }

  /** Whether the broker has reported the room's position. */
  get hasBegun(): boolean {
    return this.isKnown;
  }

  /** Resolves when missed messages have been read; `undefined` if there were none. Never rejects. */
  get caughtUp(): Promise<void> | undefined {
    return this.reading;
  }

  get counters(): RoomCounters {
    return this.parts.counters;
  }

  get position(): RoomPosition {
    return this.ring.position;
  }

  /**
   * The broker has answered. The first time, the room starts there; later, messages may have been missed.
   *
   * @param last The room's position according to the broker.
   */
  locate(last: RoomPosition): void {
    if (this.isClosed) return;
    this.changedAt = Date.now();
    if (!this.isKnown) this.begin(last);
    else if (!isSame(last, this.position) && !this.ring.has(last)) this.catchUp();
  }

  accept(step: HistoryStep, packet: Buffer): void {
    if (this.isClosed) return;
    if (this.isKnown && (isSame(step, this.position) || this.ring.has(step))) return;
    if (this.isKnown && !this.reading && follows(step, this.position)) this.take(step, packet);
    else {
      this.keep({ step, packet });
      if (this.isKnown) this.catchUp();
    }
  }

  /** The message after a position, if the ring has it. */
  next(position: RoomPosition): HistoryMessage | undefined {
    return this.ring.next(position);
  }

  /** @returns Some of the messages after a position; `undefined` if they are no longer kept. Never rejects. */
  missedAfter(position: RoomPosition): Promise<HistoryMessage[] | undefined> {
    return this.backlog.missedAfter(position);
  }

  /** A member has received more than the room, or another history. Never rejects. */
  async readOnNow(): Promise<void> {
    this.catchUp();
    await this.reading;
  }

  /**
   * Where a member begins.
   *
   * @param after The client's position.
   * @param replay How many of the newest messages it gets if it does not resume.
   * @returns `undefined`: with the next message.
   * @throws What the broker rejects with.
   */
  async beginningOf(
    after: RoomPosition | undefined,
    replay: number,
  ): Promise<Beginning | undefined> {
    const resumed = after && (await this.resumptionOf(after));
    if (resumed || replay <= 0) return resumed;
    const from = await this.backlog.beforeNewest(replay);
    if (!from) return undefined;
    const messages = this.ring.reaches(from) ? [] : await this.backlog.someAfter(from);
    return messages && { from, isContinued: false, messages };
  }

  close(): void {
    this.isClosed = true;
    this.pending = [];
    this.ring.clear();
    this.backlog.close();
  }

  private begin(last: RoomPosition): void {
    this.isKnown = true;
    this.ring.restart(last);
    this.pending = this.pending.filter(({ step }) => step.offset > last.offset);
    this.takePending();
  }

  private async resumptionOf(after: RoomPosition): Promise<Beginning | undefined> {
    const { counters } = this.parts;
    const isKept = this.ring.reaches(after);
    const messages = isKept ? [] : await this.backlog.someAfter(after);
    if (!messages) {
      counters.notRecovered += 1;
      return undefined;
    }
    counters.recovered += 1;
    counters[isKept ? 'fromRing' : 'fromBroker'] += 1;
    return { from: after, isContinued: true, messages };
  }

  private take(step: HistoryStep, packet: Buffer): void {
    const decoded = decodePacket(packet);
    const message = new HistoryMessage(this.key, decoded, step);
    this.ring.push(message);
    this.changedAt = Date.now();
    this.room?.broadcast(message);
    if (!decoded) this.room?.noteGap(step);
  }

  private keep(pending: Pending): void {
    if (this.pending.length < MAX_PENDING) this.pending.push(pending);
    else this.hasLeftOut = true;
  }

  private catchUp(): void {
    this.reading ??= this.readOn().finally(() => {
      this.reading = undefined;
      this.takePending();
    });
  }

  /** Never rejects. */
  private async readOn(): Promise<void> {
    for (;;) {
      const from = this.position;
      this.covered = this.pending.length;
      this.hasLeftOut = false;
      this.certainTo = Infinity;
      // oxlint-disable-next-line no-await-in-loop -- each read begins where the one before has ended
      const page = await this.backlog.certainlyAfter(from);
      if (!page || this.isClosed) return;
      this.adopt(page, from);
      if (page.entries.length < PAGE) return;
    }
  }

  private adopt({ entries, last }: HistoryPage, from: RoomPosition): void {
    if (entries.length === 0 && !isSame(last, from)) {
      this.gap(this.knownBefore(last));
      this.certainTo = last.offset;
    }
    for (const { step, packet } of entries) {
      if (!follows(step, this.position)) this.gap(positionBefore(step));
      this.take(step, packet);
    }
  }

  /** Messages that came meanwhile need not be given up with the missing ones. */
  private knownBefore(last: RoomPosition): RoomPosition {
    let known = last;
    for (let index = this.pending.length - 1; index >= 0; index -= 1) {
      const step = this.pending[index]?.step;
      if (!step || !isSame(step, known) || this.ring.mayHaveHad(step)) continue;
      known = positionBefore(step);
      this.covered = Math.min(this.covered, index);
    }
    return known;
  }

  /** @param position Messages after it are delivered. */
  private gap(position: RoomPosition): void {
    this.ring.restart(position);
    this.room?.tellGap(position);
  }

  /** The read may contain most of the messages that came meanwhile. */
  private takePending(): void {
    const { pending, covered, certainTo } = this;
    let { hasLeftOut } = this;
    this.pending = [];
    this.covered = 0;
    this.hasLeftOut = false;
    pending.forEach(({ step, packet }, index) => {
      if (step.offset > certainTo) hasLeftOut = true;
      else if (index >= covered) this.accept(step, packet);
    });
    if (hasLeftOut && !this.isClosed) this.catchUp();
  }
}
