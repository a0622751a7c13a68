import type {
  HistoryEntry,
  HistoryPage,
  HistoryStep,
  RoomPosition,
} from '../../../lib/brokers/room.broker.js';
import { encodePacket } from '../../../lib/rooms/room.packet.js';

export interface Packet {
  readonly step: HistoryStep;
  readonly packet: Buffer;
}

/** A question to the broker: it is looked up when the test says so, and answered when it says so. */
export interface Question<T> {
  look(): void;
  /** @returns Whether it had been looked up. */
  answer(): boolean;
  fail(): void;
  readonly value: T | undefined;
}

/** The history of one room, and the packets on their way to one application, all in the hands of the test. */
export class ModelHistory {
  readonly onTheWay: Packet[] = [];
  readonly reads: Question<HistoryPage>[] = [];
  /** Tags of all that was ever accepted. */
  readonly accepted = new Set<string>();
  private entries: HistoryEntry[] = [];
  private count = 0;
  last: RoomPosition = { offset: 0, tag: this.newTag() };

  publish(): HistoryStep {
    const step = { offset: this.last.offset + 1, tag: this.newTag(), prev: this.last.tag };
    const packet = encodePacket(step.tag, []);
    this.entries.push({ step, packet, time: 0 });
    this.accepted.add(step.tag);
    this.last = { offset: step.offset, tag: step.tag };
    this.onTheWay.push({ step, packet });
    return step;
  }

  trim(count: number): void {
    this.entries.splice(0, count);
  }

  /** @param keepsWay Whether packets of what is gone are still delivered. */
  fork(count: number, keepsWay = false): void {
    const gone = this.entries.splice(Math.max(0, this.entries.length - count));
    const [first] = gone;
    if (!first) return;
    this.last = { offset: first.step.offset - 1, tag: first.step.prev };
    if (keepsWay) return;
    const left = this.onTheWay.filter(({ step }) => !gone.some((each) => each.step === step));
    this.onTheWay.splice(0, this.onTheWay.length, ...left);
  }

  forget(): void {
    this.entries = [];
    this.onTheWay.length = 0;
    this.last = { offset: 0, tag: this.newTag() };
  }

  read(after: RoomPosition | undefined, limit: number): Promise<HistoryPage> {
    return this.ask(() => this.page(after, limit));
  }

  page(after: RoomPosition | undefined, limit: number): HistoryPage {
    const { entries, last } = this;
    if (!after) return { entries: entries.slice(-limit), last };
    const behind = entries.filter(({ step }) => step.offset > after.offset);
    return { entries: behind.slice(0, limit), last };
  }

  private ask(look: () => HistoryPage): Promise<HistoryPage> {
    return new Promise((resolve, reject) => {
      let value: HistoryPage | undefined;
      const { reads } = this;
      const end = (question: Question<HistoryPage>): void => {
        reads.splice(reads.indexOf(question), 1);
      };
      reads.push({
        get value() {
          return value;
        },
        look() {
          value ??= look();
        },
        answer() {
          if (!value) return false;
          end(this);
          resolve(value);
          return true;
        },
        fail() {
          end(this);
          reject(new Error('no answer'));
        },
      });
    });
  }

  private newTag(): string {
    this.count = (this.count ?? 0) + 1;
    return this.count.toString(16).padStart(8, '0');
  }
}
