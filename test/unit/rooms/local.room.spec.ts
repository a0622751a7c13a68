import { RoomCounters } from '../../../lib/metrics/room.counters.js';
import { AT_ONCE, LocalRoom, SLICE } from '../../../lib/rooms/local.room.js';
import type { Recipient } from '../../../lib/rooms/recipient.js';
import { RoomBroadcast, type RoomMessage } from '../../../lib/rooms/room.message.js';

class Fake implements Recipient {
  readonly got: string[] = [];
  onDelivery: ((text: string) => void) | undefined;

  constructor(readonly knownId: string | undefined) {}

  readonly takesHeaders = false;

  deliver({ plain }: RoomMessage): boolean {
    if (!plain) return true;
    const text = plain.payload.toString();
    this.got.push(text);
    this.onDelivery?.(text);
    return true;
  }

  deliverMissed = (): undefined => undefined;
  drained = (): undefined => undefined;
  onFault(error: unknown): void {
    throw error;
  }

  dropBehind(): void {
    throw new Error('without history nobody catches up');
  }
}

/** A room whose turns of the event loop come when the test says so. */
class Bench {
  readonly turns: (() => void)[] = [];
  readonly counters = new RoomCounters();
  gaps = 0;
  readonly room = new LocalRoom<Fake>(
    'chat/blue',
    {
      later: (run) => this.turns.push(run),
      slow: undefined,
      counters: this.counters,
      onGap: () => (this.gaps += 1),
    },
    undefined,
  );
  readonly members: Fake[] = [];

  constructor(size = 0) {
    for (let index = 0; index < size; index += 1) this.join();
  }

  join(member = new Fake(`id-${this.members.length}`)): Fake {
    this.members.push(member);
    this.room.add(member);
    return member;
  }

  tell(text: string, except: readonly string[] = []): void {
    const payload = Buffer.from(text);
    const packet = { payload, isBinary: false, isControl: false, isJson: false, except };
    this.room.broadcast(new RoomBroadcast('chat/blue', packet, undefined));
  }

  /** @returns Whether there was one. */
  turn(): boolean {
    const run = this.turns.shift();
    run?.();
    return run !== undefined;
  }

  allTurns(): void {
    while (this.turn());
  }

  countOf(text: string): number {
    return this.members.filter(({ got }) => got.includes(text)).length;
  }
}

const SLICED = AT_ONCE + 1;

describe('LocalRoom', () => {
  it('tells up to 512 members at once', () => {
    const bench = new Bench(AT_ONCE);
    bench.tell('a');
    expect(AT_ONCE).toBe(512);
    expect(bench.countOf('a')).toBe(AT_ONCE);
    expect(bench.turns).toHaveLength(0);
  });

  it('tells more of them in slices of 64, with a turn of the event loop between', () => {
    const bench = new Bench(SLICED);
    bench.tell('a');
    const counts = [bench.countOf('a')];
    while (bench.turn()) counts.push(bench.countOf('a'));
    expect(SLICE).toBe(64);
    expect(counts).toEqual([64, 128, 192, 256, 320, 384, 448, 512, SLICED]);
  });

  it('measures how long one takes that is told in slices, and no other', () => {
    const bench = new Bench(AT_ONCE);
    bench.tell('small');
    expect(bench.counters.fanOutLag).toBe(0);
    bench.join();
    bench.tell('large');
    expect(bench.counters.fanOutLag).toBe(0);
    const start = performance.now();
    while (performance.now() - start < 5);
    bench.allTurns();
    const { fanOutLag } = bench.counters;
    expect(fanOutLag).toBeGreaterThanOrEqual(5);
    bench.tell('small', ['id-0']);
    expect(bench.counters.fanOutLag).toBe(fanOutLag);
  });

  it('needs no more turns than one where the last slice is full', () => {
    const bench = new Bench(AT_ONCE + SLICE);
    bench.tell('a');
    for (let told = SLICE; told < AT_ONCE + SLICE; told += SLICE) bench.turn();
    expect(bench.countOf('a')).toBe(AT_ONCE + SLICE);
    bench.allTurns();
    bench.tell('b');
    expect(bench.countOf('b')).toBe(SLICE);
  });

  it('keeps the order of broadcasts that come while one is under way', () => {
    const bench = new Bench(SLICED);
    bench.tell('a');
    bench.tell('b');
    bench.turn();
    bench.tell('c');
    bench.allTurns();
    bench.tell('d');
    bench.allTurns();
    for (const { got } of bench.members) expect(got).toEqual(['a', 'b', 'c', 'd']);
  });

  it('tells who joins meanwhile nothing of what was before, and all that comes after', () => {
    const bench = new Bench(SLICED);
    bench.tell('a');
    bench.tell('b');
    const late = bench.join();
    bench.tell('c');
    expect(bench.room.has(late)).toBe(true);
    bench.allTurns();
    expect(late.got).toEqual(['c']);
    bench.tell('d');
    bench.allTurns();
    expect(late.got).toEqual(['c', 'd']);
    expect(bench.room.size).toBe(SLICED + 1);
  });

  it('tells who leaves meanwhile nothing more', () => {
    const bench = new Bench(SLICED);
    const [first, last] = [bench.members[0], bench.members.at(-1)];
    bench.tell('a');
    bench.tell('b');
    if (first && last) {
      bench.room.remove(first);
      bench.room.remove(last);
    }
    bench.allTurns();
    expect(first?.got).toEqual(['a']);
    expect(last?.got).toEqual([]);
    expect(bench.countOf('b')).toBe(SLICED - 2);
  });

  it('forgets who leaves while it waits to become a member', () => {
    const bench = new Bench(SLICED);
    bench.tell('a');
    const late = bench.join();
    bench.tell('b');
    bench.room.remove(late);
    expect(bench.room.has(late)).toBe(false);
    bench.allTurns();
    bench.tell('c');
    bench.allTurns();
    expect(late.got).toEqual([]);
    expect(bench.room.size).toBe(SLICED);
  });

  it('tells who is made to leave meanwhile what was broadcast before, and no more', () => {
    const bench = new Bench(SLICED);
    const [first, last] = [bench.members[0], bench.members.at(-1)];
    bench.tell('a');
    bench.tell('b');
    for (const member of [first, last]) if (member) bench.room.remove(member, 1000);
    bench.tell('c');
    bench.allTurns();
    expect(first?.got).toEqual(['a', 'b']);
    expect(last?.got).toEqual(['a', 'b']);
    expect(bench.countOf('c')).toBe(SLICED - 2);
  });

  it('tells who is about to close the same, once', () => {
    const bench = new Bench(SLICED);
    const last = bench.members.at(-1);
    bench.tell('a');
    bench.tell('b');
    if (last) bench.room.tellPending(last);
    expect(last?.got).toEqual(['a', 'b']);
    bench.allTurns();
    bench.tell('c');
    bench.allTurns();
    expect(last?.got).toEqual(['a', 'b', 'c']);
  });

  it('takes who leaves and comes back meanwhile for one who has just come', () => {
    const bench = new Bench(SLICED);
    const last = bench.members.at(-1) ?? bench.join();
    bench.tell('a');
    bench.tell('b');
    bench.room.remove(last);
    bench.room.add(last);
    bench.tell('c');
    bench.allTurns();
    expect(last.got).toEqual(['c']);
  });

  it('leaves out those who are excepted, sliced or not', () => {
    for (const size of [3, SLICED]) {
      const bench = new Bench(size);
      bench.join(new Fake(undefined));
      bench.tell('a', ['id-1', 'id-2', 'unknown']);
      bench.allTurns();
      expect(bench.countOf('a')).toBe(size - 1);
      expect(bench.members[1]?.got).toEqual([]);
      expect(bench.members[2]?.got).toEqual([]);
    }
  });

  it('lets 64 broadcasts wait, and counts and tells of those that it drops', () => {
    const bench = new Bench(SLICED);
    for (let index = 0; index < 70; index += 1) bench.tell(`${index}`);
    expect(bench.counters.dropped).toBe(5);
    expect(bench.gaps).toBe(0);
    bench.allTurns();
    expect(bench.gaps).toBe(1);
    const expected = Array.from({ length: 65 }, (_, index) => `${index}`);
    for (const { got } of bench.members) expect(got).toEqual(expected);
    bench.tell('later');
    bench.allTurns();
    expect(bench.countOf('later')).toBe(SLICED);
  });

  it('counts members that wait among what waits, and not among broadcasts', () => {
    const bench = new Bench(SLICED);
    bench.tell('a');
    for (let index = 0; index < 100; index += 1) bench.join();
    bench.tell('b');
    bench.allTurns();
    expect(bench.counters.dropped).toBe(0);
    expect(bench.countOf('b')).toBe(SLICED + 100);
  });

  it('goes on at once where all have left meanwhile', () => {
    const bench = new Bench(SLICED);
    bench.tell('a');
    for (const member of bench.members) bench.room.remove(member);
    const late = bench.join();
    bench.tell('b');
    bench.allTurns();
    expect(late.got).toEqual(['b']);
    expect(bench.room.size).toBe(1);
  });

  it.each([3, SLICED])(
    'keeps the order where a delivery brings about another broadcast, of %d members',
    (size) => {
      const bench = new Bench(size);
      const first = bench.members[0];
      if (first) first.onDelivery = (text) => text === 'a' && bench.tell('b');
      bench.tell('a');
      bench.allTurns();
      for (const { got } of bench.members) expect(got).toEqual(['a', 'b']);
    },
  );
});
