import { jest } from '@jest/globals';
import * as fc from 'fast-check';

import {
  FORGETTING,
  pick,
  stepOf,
  stepsOf,
  type Step,
} from '../../support/faults/history-steps.js';
import { runsOf } from '../../support/property.runs.js';
import { HistoryRoom, turn, type Client } from '../../support/faults/history-room.js';

const present = ({ clients, room }: HistoryRoom): Client[] =>
  clients.filter((each) => room.has(each));

const own = (number: number): Record<string, Step<HistoryRoom>> => ({
  publish: (bench) => bench.publish(),
  'publish many': (bench) => bench.publish(number * 8),
  'publish late': ({ history }) => history.publish(),
  deliver: (bench) => bench.deliverAll(),
  local: (bench) => bench.local(),
  join: (bench) => bench.join(),
  leave: (bench) => {
    const client = pick(present(bench), number);
    if (client) bench.room.remove(client);
  },
  resume: (bench) => {
    const client = pick(bench.clients, number);
    if (client) void bench.resume(client);
  },
  'leave and resume': (bench) => {
    const client = pick(present(bench), number);
    if (!client) return;
    bench.room.remove(client);
    void bench.resume(client);
  },
  block: (bench) => pick(bench.clients, number)?.read(0),
  'read some': (bench) => pick(bench.clients, number)?.read(number),
  read: (bench) => pick(bench.clients, number)?.read(Infinity),
  turn: (bench) => bench.turn(),
  wait: () => turn(),
  locate: ({ tail, history }) => tail.locate(history.last),
});

const HONEST =
  'publish,publish many,publish late,lose,deliver,local,join,leave,resume,leave and resume,block,read some,read,turn,wait,look,answer,look and answer,locate,fail'.split(
    ',',
  );
const FORGETFUL = [...HONEST, ...FORGETTING];

const setups = fc.record({
  size: fc.integer({ min: 0, max: 3 }),
  ring: fc.integer({ min: 1, max: 16 }),
  published: fc.integer({ min: 0, max: 5 }),
  isSliced: fc.boolean(),
});

type Setup = typeof setups extends fc.Arbitrary<infer T> ? T : never;

async function run(
  setup: Setup,
  steps: readonly (readonly [string, number])[],
): Promise<HistoryRoom> {
  const bench = new HistoryRoom(setup);
  if (setup.isSliced) bench.fill();
  for (const [name, number] of steps) await stepOf(name, number, own(number))(bench);
  return bench;
}

describe('LocalRoom with history', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('tells each member everything once and in order, whatever the broker and the members do', async () => {
    await fc.assert(
      fc.asyncProperty(setups, stepsOf(HONEST), async (setup, steps) => {
        const bench = await run(setup, steps);
        await bench.settle();
        bench.tail.locate(bench.history.last);
        await bench.settle();
        bench.publish();
        await bench.settle();
        bench.expectAllAtEnd(present(bench));
        expect(bench.clients.filter(({ gaps }) => gaps > 0)).toEqual([]);
        expect(bench.counters.memberGaps).toBe(0);
        for (const client of present(bench)) bench.room.remove(client);
        expect(bench.room.behind).toBe(0);
      }),
      runsOf(50),
    );
  }, 120_000);

  it('tells each member of a gap before what it cannot be told', async () => {
    await fc.assert(
      fc.asyncProperty(setups, stepsOf(FORGETFUL), async (setup, steps) => {
        const bench = await run(setup, steps);
        await bench.settle();
        bench.publish();
        await bench.settle();
        bench.tail.locate(bench.history.last);
        await bench.settle();
        bench.expectAllAtEnd(present(bench));
        for (const client of present(bench)) bench.room.remove(client);
        expect(bench.room.behind).toBe(0);
      }),
      runsOf(50),
    );
  }, 120_000);
});
