import type { HistoryPage, HistoryStep, RoomKey, RoomPosition } from '../brokers/room.broker.js';
import type { RoomCounters } from '../metrics/room.counters.js';
import type { Beginning } from './beginning.js';
import { PAGE, RoomBacklog, type BacklogParts } from './room.backlog.js';
import { HistoryMessage } from './room.message.js';
import { decodePacket } from './room.packet.js';
import { follows, isSame, positionBefore } from './room.position.js';
import { RoomRing, type RingBudget, type RingLimits } from './room.ring.js';

/** Packets that may wait for a read; further ones are read, too. */
const MAX_PENDING = 128;
/** Stands in until the broker has said where the room is. */
const UNKNOWN: RoomPosition = { offset: 0, tag: '' };

/** What a tail does for its room. */
export interface TailRoom {
  /** The next message. */
  broadcast(message: HistoryMessage): void;
  /** What came before this position is missing. */
  tellGap(position: RoomPosition): void;
  /** Members have just been told so of this position alone. */
  noteGap(position: RoomPosition): void;
}

/** What all rooms of one kind have in common. */
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
 * Where a room is in its history: takes each message once and in order, and reads what is missing. Each message names
 * the one before it, so that a hole, a repetition and another history are told apart.
 */
export class RoomTail {
  room: TailRoom | undefined;
  /** When the last message came, or the broker was asked, in ms since 1970. */
  changedAt = 0;
  private readonly ring: RoomRing<HistoryMessage>;
  private readonly backlog: RoomBacklog;
  private isKnown = false;
  /** What has come while the broker was read. */
  private pending: Pending[] = [];
  /** Those of them that came before the read began: it has them, or the broker has them no more. */
  private covered = 0;
  /** What is behind it may be of a history that is over: another read tells. */
  private certainTo = Infinity;
  /** Whether some had to be left to another read. */
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

  /** Whether the broker has said where the room is. */
  get hasBegun(): boolean {
    return this.isKnown;
  }

  /** Resolves when what was missed is read; `undefined` where nothing was. Never rejects. */
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
   * The broker has been asked. The first time, the room begins there; later, something may have been missed.
   *
   * @param last Where the broker says that the room is.
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

  /** The one behind a position, where the ring has it. */
  next(position: RoomPosition): HistoryMessage | undefined {
    return this.ring.next(position);
  }

  /** @returns Some of what follows a position; `undefined` where it is kept no more. Never rejects. */
  missedAfter(position: RoomPosition): Promise<HistoryMessage[] | undefined> {
    return this.backlog.missedAfter(position);
  }

  /** A member has been told more than the room, or another history. Never rejects. */
  async readOnNow(): Promise<void> {
    this.catchUp();
    await this.reading;
  }

  /**
   * Where a member begins.
   *
   * @param after Where its client was.
   * @param replay How many of the newest messages it gets that does not go on from somewhere.
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

  /** What has come meanwhile need not be given up with what is missing. */
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

  /** @param position What follows it, comes. */
  private gap(position: RoomPosition): void {
    this.ring.restart(position);
    this.room?.tellGap(position);
  }

  /** Of what has come meanwhile, the read may have most. */
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
