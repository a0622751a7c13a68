import { jest } from '@jest/globals';

import { OutageWatch } from '../../../lib/rooms/outage.watch.js';

const CLOSE_AFTER = 30_000;
const SPREAD = 10_000;

class FakeMember {
  closes: [number | undefined, string | undefined][] = [];

  close(code?: number, reason?: string): void {
    this.closes.push([code, reason]);
  }
}

const onOne = (room: string): boolean => room.startsWith('one/');
const onTwo = (room: string): boolean => room.startsWith('two/');

/** Members of rooms on two servers. */
function bench(count: number): { one: FakeMember[]; two: FakeMember[]; watch: OutageWatch } {
  const crowd = (): FakeMember[] => Array.from({ length: count }, () => new FakeMember());
  const [one, two] = [crowd(), crowd()];
  const membersOf = (rooms: unknown): FakeMember[] =>
    rooms === onOne ? one : rooms === onTwo ? two : [...one, ...two];
  return { one, two, watch: new OutageWatch(CLOSE_AFTER, { membersOf }) };
}

const closed = (members: readonly FakeMember[]): number =>
  members.filter(({ closes }) => closes.length > 0).length;

describe('OutageWatch', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    expect(jest.getTimerCount()).toBe(0);
    jest.useRealTimers();
  });

  it('closes members one after another, over ten seconds', () => {
    const { one, watch } = bench(100);
    watch.begin(onOne);
    jest.advanceTimersByTime(CLOSE_AFTER - 1);
    expect([closed(one), watch.isOver('one/a')]).toEqual([0, false]);
    jest.advanceTimersByTime(1 + SPREAD / 2);
    expect([closed(one), watch.isOver('one/a')]).toEqual([51, true]);
    jest.advanceTimersByTime(SPREAD / 2);
    expect(one.map(({ closes }) => closes)).toEqual(one.map(() => [[1013, 'Try again later']]));
  });

  it('closes nobody whose broker is back in time, and nobody more once it is', () => {
    const { one, two, watch } = bench(100);
    watch.begin(onOne);
    watch.end(onOne);
    watch.begin(onTwo);
    jest.advanceTimersByTime(CLOSE_AFTER + SPREAD / 2);
    watch.end(onTwo);
    jest.advanceTimersByTime(SPREAD);
    expect([closed(one), closed(two), watch.isOver('two/a')]).toEqual([0, 51, false]);
  });

  it('tells the servers of a broker apart: one is back, the other is not', () => {
    const { one, two, watch } = bench(100);
    watch.begin(onOne);
    watch.begin(onTwo);
    jest.advanceTimersByTime(CLOSE_AFTER + 1);
    watch.end(onOne);
    expect([watch.isOver('one/a'), watch.isOver('two/a')]).toEqual([false, true]);
    jest.advanceTimersByTime(SPREAD);
    expect([closed(one), closed(two)]).toEqual([1, 100]);
    watch.end(onTwo);
  });

  it('ends with all of them where the broker does not say which is back', () => {
    const { one, two, watch } = bench(10);
    watch.begin(onOne);
    watch.begin(onTwo);
    watch.end(undefined);
    jest.advanceTimersByTime(CLOSE_AFTER + SPREAD);
    expect([closed(one), closed(two)]).toEqual([0, 0]);
  });

  it('closes nobody where nobody asks for it, or when the application closes', () => {
    const { one, watch } = bench(10);
    watch.begin(undefined);
    jest.advanceTimersByTime(CLOSE_AFTER + 1);
    watch.close();
    const patient = new OutageWatch(undefined, { membersOf: () => one });
    patient.begin(undefined);
    jest.advanceTimersByTime(CLOSE_AFTER * 10);
    expect(closed(one)).toBe(1);
  });
});
