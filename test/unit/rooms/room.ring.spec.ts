import * as fc from 'fast-check';

import type { HistoryStep, RoomPosition } from '../../../lib/brokers/room.broker.js';
import { RingBudget, RoomRing, type RingEntry } from '../../../lib/rooms/room.ring.js';

const tagOf = (offset: number): string => offset.toString(16).padStart(8, '0');
const positionOf = (offset: number): RoomPosition => ({ offset, tag: tagOf(offset) });
const stepOf = (offset: number): HistoryStep => ({
  ...positionOf(offset),
  prev: tagOf(offset - 1),
});
const entryOf = (offset: number, bytes: number): RingEntry => ({ step: stepOf(offset), bytes });
const LARGE = { messages: 1000, bytes: 1_000_000 };

/** What a ring should hold, found by looking at everything that was ever pushed. */
class Model {
  kept: RingEntry[] = [];
  offset = 0;

  push(entry: RingEntry, { messages, bytes }: { messages: number; bytes: number }): void {
    this.offset = entry.step.offset;
    this.kept = [...this.kept, entry];
    while (this.kept.length > messages || this.bytes > bytes) this.kept = this.kept.slice(1);
  }

  get bytes(): number {
    return this.kept.reduce((sum, entry) => sum + entry.bytes, 0);
  }

  after(offset: number): RingEntry[] | undefined {
    const oldest = this.offset - this.kept.length;
    if (offset < oldest || offset > this.offset) return undefined;
    return this.kept.filter(({ step }) => step.offset > offset);
  }
}

const limits = fc.record({
  messages: fc.integer({ min: 1, max: 8 }),
  bytes: fc.integer({ min: 1, max: 60 }),
});

describe('RoomRing', () => {
  it('finds what follows where offsets leave numbers out', () => {
    const steps = fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 20 });
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 8 }), (widths, messages) => {
        const ring = new RoomRing(positionOf(0), { ...LARGE, messages }, new RingBudget(Infinity));
        const places = [positionOf(0)];
        for (const width of widths) {
          const before = places.at(-1) ?? positionOf(0);
          const place = positionOf(before.offset + width);
          const step = { ...place, prev: before.tag, prevOffset: before.offset };
          ring.push({ step, bytes: 1 });
          places.push(place);
        }
        const reached = places.slice(-1 - Math.min(messages, widths.length));
        for (let offset = -1; offset <= widths.length * 5 + 1; offset += 1) {
          const index = reached.findIndex((place) => place.offset === offset);
          const follow = index === -1 ? undefined : reached.slice(index + 1);
          expect(
            ring.after(positionOf(offset))?.map(({ step }) => positionOf(step.offset)),
          ).toEqual(follow);
          expect(ring.has(positionOf(offset))).toBe(index > 0);
        }
      }),
    );
  });

  it('holds the newest messages within both of its limits, and knows what it holds', () => {
    fc.assert(
      fc.property(limits, fc.array(fc.integer({ min: 1, max: 20 })), (limit, sizes) => {
        const budget = new RingBudget(Infinity);
        const ring = new RoomRing(positionOf(0), limit, budget);
        const model = new Model();
        sizes.forEach((bytes, index) => {
          const entry = entryOf(index + 1, bytes);
          ring.push(entry);
          model.push(entry, limit);
          expect(ring.size).toBe(model.kept.length);
          expect(ring.bytes).toBe(model.bytes);
          expect(budget.bytes).toBe(model.bytes);
          expect(ring.position).toMatchObject(positionOf(model.offset));
          for (let offset = -1; offset <= index + 3; offset += 1) {
            const expected = model.after(offset);
            const position = positionOf(offset);
            expect(ring.after(position)).toEqual(expected);
            expect(ring.reaches(position)).toBe(expected !== undefined);
            expect(ring.next(position)).toEqual(expected?.[0]);
            expect(ring.has(position)).toBe(
              model.kept.some(({ step }) => step.offset === position.offset),
            );
          }
        });
      }),
    );
  });

  it('has nothing for positions of another history', () => {
    const ring = new RoomRing(positionOf(0), LARGE, new RingBudget(Infinity));
    for (let offset = 1; offset <= 5; offset += 1) ring.push(entryOf(offset, 1));
    for (let offset = -1; offset <= 7; offset += 1) {
      const forged = { offset, tag: 'ffffffff' };
      expect(ring.after(forged)).toBeUndefined();
      expect(ring.next(forged)).toBeUndefined();
      expect(ring.has(forged)).toBe(false);
    }
  });

  it('keeps its position when it gives up its memory, and goes on from there', () => {
    const ring = new RoomRing(positionOf(0), LARGE, new RingBudget(Infinity));
    ring.push(entryOf(1, 10));
    ring.clear();
    expect(ring).toMatchObject({ bytes: 0, size: 0, position: positionOf(1) });
    expect(ring.after(positionOf(1))).toEqual([]);
    expect(ring.after(positionOf(0))).toBeUndefined();
    ring.push(entryOf(2, 10));
    expect(ring.after(positionOf(1))).toEqual([entryOf(2, 10)]);
  });

  it('is elsewhere, with nothing, when its history goes on elsewhere', () => {
    const budget = new RingBudget(Infinity);
    const ring = new RoomRing(positionOf(0), LARGE, budget);
    ring.push(entryOf(1, 10));
    ring.restart({ offset: 40, tag: 'ffffffff' });
    expect(ring).toMatchObject({ bytes: 0, position: { offset: 40, tag: 'ffffffff' } });
    expect(ring.after(positionOf(1))).toBeUndefined();
    expect(budget.bytes).toBe(0);
  });
});

type Action = readonly [ring: number, bytes: number];

describe('The budget of all rings', () => {
  it('is never exceeded: the rings that were quiet for longest give theirs up first', () => {
    const actions: fc.Arbitrary<Action[]> = fc.array(
      fc.tuple(fc.nat({ max: 4 }), fc.integer({ min: 0, max: 30 })),
      { maxLength: 80 },
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), actions, (limit, list) => {
        const budget = new RingBudget(limit);
        const rings = Array.from(
          { length: 5 },
          () => new RoomRing(positionOf(0), { messages: 6, bytes: 80 }, budget),
        );
        const order: number[] = [];
        for (const [index, bytes] of list) {
          const ring = rings[index];
          if (!ring) continue;
          const before = rings.map((each) => each.bytes);
          if (bytes === 0) ring.clear();
          else {
            order.splice(0, order.length, ...order.filter((each) => each !== index), index);
            ring.push(entryOf(ring.position.offset + 1, bytes));
          }
          const sizes = rings.map((each) => each.bytes);
          expect(budget.bytes).toBe(sizes.reduce((sum, each) => sum + each, 0));
          expect(budget.bytes).toBeLessThanOrEqual(limit);
          const emptied = order.filter((each) => sizes[each] === 0 && (before[each] ?? 0) > 0);
          const kept = order.filter((each) => (sizes[each] ?? 0) > 0 && each !== index);
          const newestEmptied = Math.max(
            ...emptied.filter((each) => each !== index).map((each) => order.indexOf(each)),
            -1,
          );
          for (const each of kept) expect(order.indexOf(each)).toBeGreaterThan(newestEmptied);
        }
        for (const ring of rings) ring.clear();
        expect(budget.bytes).toBe(0);
      }),
    );
  });
});
