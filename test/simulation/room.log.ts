import type {
  HistoryEntry,
  HistoryLimits,
  HistoryPage,
  HistoryStep,
  RoomKey,
  RoomPosition,
} from '../../lib/brokers/room.broker.js';
import type { Random } from '../support/random.js';

/** What the broker has accepted, kept for good beside what it would keep. */
export interface AcceptedMessage {
  /** In all rooms. */
  readonly order: number;
  /** In its room. */
  readonly index: number;
  readonly room: RoomKey;
  readonly text: string;
  readonly except: readonly string[];
  readonly step: HistoryStep | undefined;
}

/** A room in the simulated broker, and the truth about it. */
export class RoomLog {
  last: RoomPosition;
  private entries: HistoryEntry[] = [];
  private readonly byTag = new Map<string, HistoryStep>();
  /** Tags of messages that nobody can read any more. */
  private readonly gone = new Set<string>();
  private limits: HistoryLimits = { messages: 0, age: 0 };

  constructor(private readonly random: Random) {
    this.last = { offset: 0, tag: newTag(random) };
  }

  get size(): number {
    return this.entries.length;
  }

  append(packet: Buffer, limits: HistoryLimits, time: number): HistoryStep {
    const { offset, tag: prev } = this.last;
    const step: HistoryStep = { offset: offset + 1, tag: newTag(this.random), prev };
    this.entries.push({ step, packet, time });
    this.byTag.set(step.tag, step);
    this.last = { offset: step.offset, tag: step.tag };
    this.limits = limits;
    this.trim(time);
    return step;
  }

  read(after: RoomPosition | undefined, limit: number, now: number): HistoryPage {
    this.trim(now);
    const { entries, last } = this;
    if (!after) return { entries: entries.slice(-limit), last };
    const oldest = entries[0]?.step.offset ?? last.offset + 1;
    const start = Math.max(0, after.offset + 1 - oldest);
    return { entries: entries.slice(start, start + limit), last };
  }

  /** A failover to a server that lagged. */
  fork(count: number): void {
    const lost = this.entries.splice(Math.max(0, this.entries.length - count));
    const [first] = lost;
    if (!first) return;
    this.lose(lost);
    this.last = { offset: first.step.offset - 1, tag: first.step.prev };
  }

  forget(): void {
    this.lose(this.entries.splice(0));
    this.last = { offset: 0, tag: newTag(this.random) };
  }

  stepOf(tag: string): HistoryStep | undefined {
    return this.byTag.get(tag);
  }

  /**
   * The messages from one position to another, where the second continues the first.
   *
   * @returns `undefined` where it does not.
   */
  between(from: RoomPosition, to: RoomPosition): readonly HistoryStep[] | undefined {
    const steps: HistoryStep[] = [];
    let at = to;
    while (at.tag !== from.tag) {
      const step = this.byTag.get(at.tag);
      if (!step || step.offset <= from.offset) return undefined;
      steps.push(step);
      at = { offset: step.offset - 1, tag: step.prev };
    }
    return at.offset === from.offset ? steps.toReversed() : undefined;
  }

  /** Whether the broker could give all between the two, so that a gap there is a lie. */
  couldGive(from: RoomPosition, to: RoomPosition, now: number): boolean {
    this.trim(now);
    const steps = this.between(from, to);
    if (!steps || !this.between(to, this.last)) return false;
    return steps.every(({ tag }) => !this.gone.has(tag));
  }

  private trim(now: number): void {
    const { messages, age } = this.limits;
    const { entries } = this;
    let due = Math.max(0, entries.length - messages);
    for (let entry = entries[due]; entry && now - entry.time >= age; entry = entries[due]) due += 1;
    if (due > 0) this.lose(entries.splice(0, due));
  }

  private lose(entries: readonly HistoryEntry[]): void {
    for (const { step } of entries) this.gone.add(step.tag);
  }
}

/** Eight hexadecimal digits. */
function newTag(random: Random): string {
  return random
    .below(2 ** 32)
    .toString(16)
    .padStart(8, '0');
}
