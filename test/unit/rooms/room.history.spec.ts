import type { HistoryEntry, HistoryPage, RoomPosition } from '../../../lib/brokers/room.broker.js';
import { RoomCounters } from '../../../lib/metrics/room.counters.js';
import { LocalRoom } from '../../../lib/rooms/local.room.js';
import type { Recipient } from '../../../lib/rooms/recipient.js';
import type { RoomMessage } from '../../../lib/rooms/room.message.js';
import { encodePacket } from '../../../lib/rooms/room.packet.js';
import { RingBudget } from '../../../lib/rooms/room.ring.js';
import { RoomTail } from '../../../lib/rooms/room.tail.js';
import { eventually } from '../../support/deadline.js';

const KEY = 'chat/blue';
const LIMITS = { messages: 128, bytes: 100_000 };

/** Of the history `a`: position 3 has the tag `a0000003`. */
const tagOf = (history: string, offset: number): string =>
  history + offset.toString().padStart(7, '0');
const at = (history: string, offset: number): RoomPosition => ({
  offset,
  tag: tagOf(history, offset),
});

function entry(history: string, offset: number, prev = tagOf(history, offset - 1)): HistoryEntry {
  const packet = encodePacket(`${history}${offset}`, []);
  return { step: { ...at(history, offset), prev }, packet, time: 0 };
}

class Member implements Recipient {
  readonly knownId = undefined;
  readonly takesHeaders = true;
  readonly got: string[] = [];
  isSlow = false;
  drain = (): void => undefined;

  deliver(message: RoomMessage, slow: unknown): boolean {
    if (slow === 'catchUp' && this.isSlow) return false;
    this.got.push(message.headed?.payload.toString().replace(/^(\S) \S+ /, '$1 ') ?? '');
    return true;
  }

  deliverMissed(message: RoomMessage): undefined {
    this.deliver(message, undefined);
  }

  drained(): Promise<void> {
    return new Promise<void>((resolve) => {
      this.drain = () => {
        this.isSlow = false;
        resolve();
      };
    });
  }

  dropBehind = (): undefined => undefined;
  onFault(error: unknown): void {
    throw error;
  }
}

/** A room, and a broker that gives what the test has put there. */
class Bench {
  page: HistoryPage = { entries: [], last: at('a', 0) };
  reads = 0;
  readonly tail: RoomTail;
  readonly room: LocalRoom<Member>;
  readonly member = new Member();

  constructor() {
    const counters = new RoomCounters();
    this.tail = new RoomTail(KEY, {
      limits: LIMITS,
      budget: new RingBudget(1_000_000),
      messages: 100,
      counters,
      read: (_room, after) => this.read(after),
      onFailedRead: () => undefined,
    });
    this.room = new LocalRoom<Member>(
      KEY,
      {
        later: setImmediate,
        slow: 'catchUp',
        onGap: () => undefined,
        counters,
      },
      this.tail,
    );
    this.tail.room = this.room;
    this.tail.locate(at('a', 0));
    this.room.add(this.member);
  }

  take({ step, packet }: HistoryEntry): void {
    this.tail.accept(step, packet);
  }

  private async read(after: RoomPosition | undefined): Promise<HistoryPage> {
    this.reads += 1;
    await new Promise((resolve) => setImmediate(resolve));
    const { entries, last } = this.page;
    return { entries: entries.filter(({ step }) => step.offset > (after?.offset ?? 0)), last };
  }
}

describe('A room with history', () => {
  it('tells a slow member that the history went back, before it goes on', async () => {
    const bench = new Bench();
    const { member } = bench;
    for (const offset of [1, 2, 3]) bench.take(entry('a', offset));
    member.isSlow = true;
    const first = entry('b', 2, tagOf('a', 1));
    bench.page = { entries: [entry('a', 1), first], last: at('b', 2) };
    bench.take(first);
    await eventually(
      () => expect(bench.tail.position).toMatchObject(at('b', 2)),
      'the other history',
    );
    member.drain();
    bench.take(entry('b', 3));
    await eventually(() => expect(member.got.at(-1)).toBe('m 3.b0000003\nb3'), 'the newest');
    const headers = member.got.map((text) => text.slice(0, text.indexOf('\n')));
    expect(headers.slice(4)).toEqual(['g 1.a0000001', 'm 2.b0000002', 'm 3.b0000003']);
  });

  it('tells a member that is behind when another history is shorter than what it has', async () => {
    const bench = new Bench();
    const { member } = bench;
    for (const offset of [1, 2, 3]) bench.take(entry('a', offset));
    member.isSlow = true;
    bench.take(entry('a', 4));
    const first = entry('b', 2, tagOf('a', 1));
    bench.page = { entries: [entry('a', 1), first], last: at('b', 2) };
    bench.take(first);
    await eventually(
      () => expect(bench.tail.position).toMatchObject(at('b', 2)),
      'the other history',
    );
    member.drain();
    await eventually(() => expect(member.got.at(-1)).toBe('g 2.b0000002\n'), 'the gap');
  });

  it('reads no more than three times for a packet of a history that is over', async () => {
    const bench = new Bench();
    bench.take(entry('a', 1));
    bench.page = { entries: [entry('a', 1)], last: at('a', 1) };
    bench.take(entry('old', 9));
    for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(bench.reads).toBeLessThanOrEqual(3);
    bench.take(entry('a', 2));
    expect(bench.member.got.at(-1)).toBe('m 2.a0000002\na2');
  });
});
