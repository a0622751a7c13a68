import { jest } from '@jest/globals';
import * as fc from 'fast-check';

import { isSame } from '../../../lib/rooms/room.position.js';
import {
  FORGETTING,
  pick,
  stepOf,
  stepsOf,
  type Step,
} from '../../support/faults/history-steps.js';
import { runsOf } from '../../support/property.runs.js';
import { HistoryTail, turn } from '../../support/faults/history-tail.js';

const own = (number: number): Record<string, Step<HistoryTail>> => ({
  publish: ({ history }) => void history.publish(),
  'publish many': ({ history }) => {
    for (let count = 0; count <= number; count += 1) history.publish();
  },
  deliver: (bench) => bench.deliver(),
  'deliver another': (bench) => bench.deliver(number % Math.max(1, bench.history.onTheWay.length)),
  'lose all': ({ history }) => void history.onTheWay.splice(0),
  duplicate: ({ history }) => {
    const packet = pick(history.onTheWay, number);
    if (packet) history.onTheWay.push(packet);
  },
  locate: (bench) => bench.locate(),
  wait: () => jest.advanceTimersByTime(1000),
  turn: () => turn(),
});

const HONEST =
  'publish,publish many,deliver,deliver another,lose,lose all,duplicate,look,answer,look and answer,fail,locate,wait,turn'.split(
    ',',
  );
const FORGETFUL = [...HONEST, ...FORGETTING];

const setups = fc.record({
  ring: fc.integer({ min: 1, max: 16 }),
  published: fc.integer({ min: 0, max: 5 }),
});

async function run(
  bench: HistoryTail,
  steps: readonly (readonly [string, number])[],
): Promise<void> {
  bench.locate();
  for (const [name, number] of steps) await stepOf(name, number, own(number))(bench);
}

describe('RoomTail', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('tells each accepted message once and in order, whatever is lost, repeated, late or fails', async () => {
    await fc.assert(
      fc.asyncProperty(setups, stepsOf(HONEST), async (setup, steps) => {
        const bench = new HistoryTail(setup);
        await run(bench, steps);
        expect(bench.faults).toEqual([]);
        await bench.settle();
        expect(bench.faults).toEqual([]);
        expect(bench.gaps).toBe(0);
        expect(bench.told).toEqual([...bench.history.accepted].slice(setup.published));
        expect(isSame(bench.tail.position, bench.history.last)).toBe(true);
      }),
      runsOf(500),
    );
  });

  it('tells a gap before what it cannot tell, where the broker forgets, forks or starts again', async () => {
    await fc.assert(
      fc.asyncProperty(setups, stepsOf(FORGETFUL), async (setup, steps) => {
        const bench = new HistoryTail(setup);
        await run(bench, steps);
        await bench.settle();
        await bench.goOn();
        expect(bench.faults).toEqual([]);
        expect(bench.at).toEqual(bench.history.last);
        expect(isSame(bench.tail.position, bench.history.last)).toBe(true);
      }),
      runsOf(500),
    );
  });

  it('tells nothing again of a history that was forked while it was read', async () => {
    const bench = new HistoryTail({ ring: 1, published: 0 });
    await run(bench, [
      ['publish', 0],
      ['lose all', 0],
      ['publish many', 1],
      ['deliver another', 0],
      ['deliver', 0],
      ['publish many', 1],
      ['publish', 0],
      ['deliver', 0],
      ['look', 0],
      ['fork', 2],
    ]);
    await bench.settle();
    await bench.goOn();
    expect(bench.faults).toEqual([]);
  });

  it('comes to rest where messages that the broker has lost still arrive', async () => {
    const steps = stepsOf(FORGETFUL);
    await fc.assert(
      fc.asyncProperty(setups, steps, steps, async (setup, first, second) => {
        const bench = new HistoryTail(setup);
        await run(bench, first);
        bench.history.fork(3, true);
        await run(bench, second);
        bench.deliverAll();
        await bench.settle();
        await bench.goOn();
        expect(bench.faults.filter((fault) => !fault.endsWith('again'))).toEqual([]);
        expect(bench.at).toEqual(bench.history.last);
      }),
      runsOf(200),
    );
  });

  it('leaves no timer, and tells nothing, once it is closed', async () => {
    await fc.assert(
      fc.asyncProperty(setups, stepsOf(FORGETFUL), async (setup, steps) => {
        const bench = new HistoryTail(setup);
        await run(bench, steps);
        const { gaps } = bench;
        const told = bench.told.length;
        bench.tail.close();
        await turn();
        expect(jest.getTimerCount()).toBe(0);
        bench.history.publish();
        bench.deliverAll();
        bench.locate();
        await bench.answerAll();
        expect(bench.history.reads).toEqual([]);
        expect(jest.getTimerCount()).toBe(0);
        expect(bench.told).toHaveLength(told);
        expect(bench.gaps).toBe(gaps);
        expect(bench.budget.bytes).toBe(0);
      }),
      runsOf(200),
    );
  });

  it('does not ask again and again for a message that the broker has lost', async () => {
    const bench = new HistoryTail();
    bench.locate();
    for (let count = 0; count < 7; count += 1) bench.history.publish();
    for (let count = 0; count < 5; count += 1) bench.deliver();
    bench.history.onTheWay.shift();
    bench.history.fork(2, true);
    bench.deliver();
    await bench.answerAll();
    expect(bench.gaps).toBe(0);
    bench.history.publish();
    bench.deliver();
    await bench.answerAll();
    expect(bench.told).toHaveLength(6);
    expect(bench.faults).toEqual([]);
  });

  it('reads on where more has come than may wait, though nothing comes any more', async () => {
    const bench = new HistoryTail();
    bench.locate();
    bench.history.publish();
    bench.history.onTheWay.length = 0;
    bench.history.publish();
    bench.deliver();
    const [read] = bench.history.reads;
    read?.look();
    for (let count = 0; count < 300; count += 1) bench.history.publish();
    bench.deliverAll();
    read?.answer();
    await bench.answerAll();
    expect(bench.told).toHaveLength(302);
    expect(bench.faults).toEqual([]);
  });

  it('gives up no message that has come, where older ones are kept no more', async () => {
    const bench = new HistoryTail();
    bench.locate();
    for (let count = 0; count < 5; count += 1) bench.history.publish();
    bench.history.onTheWay.splice(0, 2);
    bench.deliverAll();
    bench.history.trim(5);
    bench.history.reads[0]?.look();
    const newest = bench.history.publish();
    bench.deliver();
    await bench.answerAll();
    expect(bench).toMatchObject({ gaps: 1, faults: [] });
    expect(bench.told).toHaveLength(4);
    expect(bench.told.at(-1)).toBe(newest.tag);
  });

  it('does not take the answer to an older question for its own', async () => {
    const bench = new HistoryTail();
    bench.locate();
    // A client that claims to be where nobody is yet.
    const forged = keep(bench.tail.beginningOf({ offset: 2, tag: 'ffffffff' }, 0));
    bench.history.reads[0]?.look();
    bench.history.publish();
    bench.history.publish();
    bench.deliverAll();
    bench.history.publish();
    bench.history.publish();
    bench.history.onTheWay.shift();
    bench.deliver();
    await bench.answerAll();
    expect(await forged).toBeUndefined();
    expect(bench).toMatchObject({ gaps: 0, faults: [] });
    expect(bench.told).toHaveLength(4);
  });

  it('lets members who are at one place read once', async () => {
    const bench = new HistoryTail({ published: 10, ring: 4 });
    bench.locate();
    const { entries } = bench.history.page({ offset: 3, tag: '' }, 1);
    const [third] = entries;
    if (!third) throw new Error('nothing');
    const at = { offset: third.step.offset - 1, tag: third.step.prev };
    const all = Promise.all([1, 2, 3].map(() => bench.tail.beginningOf(at, 0)));
    expect(bench.history.reads).toHaveLength(1);
    await bench.answerAll();
    for (const beginning of await all) expect(beginning?.messages).toHaveLength(7);
  });
});

function keep<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
