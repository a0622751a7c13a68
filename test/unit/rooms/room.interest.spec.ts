import { jest } from '@jest/globals';
import * as fc from 'fast-check';

import type { BrokerLink, RoomKey } from '../../../lib/brokers/room.broker.js';
import { RoomInterest, type InterestEntry } from '../../../lib/rooms/room.interest.js';
import { runsOf } from '../../support/property.runs.js';

const LEAVE_DELAY = 1000;
const ROOMS = ['chat/a', 'chat/b', 'chat/c'];
const UNREACHABLE = new Error('unreachable');

interface Command {
  readonly kind: 'subscribe' | 'unsubscribe';
  readonly rooms: readonly RoomKey[];
  answer(succeeds: boolean): void;
}

/** A broker that answers when the test says so. */
class FakeLink implements BrokerLink {
  readonly subscribed = new Set<RoomKey>();
  readonly open: Command[] = [];
  mostSubscribes = 0;
  mostNames = 0;
  subscribes = 0;

  subscribe(rooms: readonly RoomKey[]): Promise<void> {
    this.subscribes += 1;
    return this.command('subscribe', rooms, () => {
      for (const room of rooms) this.subscribed.add(room);
    });
  }

  unsubscribe(rooms: readonly RoomKey[]): Promise<void> {
    return this.command('unsubscribe', rooms, () => {
      for (const room of rooms) this.subscribed.delete(room);
    });
  }

  publish(): Promise<never> {
    return Promise.reject(new Error('not here'));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  answer(index: number, succeeds: boolean): void {
    const [command] = this.open.splice(index % Math.max(this.open.length, 1), 1);
    command?.answer(succeeds);
  }

  private command(
    kind: Command['kind'],
    rooms: readonly RoomKey[],
    take: () => void,
  ): Promise<void> {
    this.mostNames = Math.max(this.mostNames, rooms.length);
    const done = new Promise<void>((resolve, reject) => {
      const answer = (succeeds: boolean): void => {
        if (!succeeds) {
          reject(UNREACHABLE);
          return;
        }
        take();
        resolve();
      };
      this.open.push({ kind, rooms, answer });
    });
    const subscribes = this.open.filter((command) => command.kind === 'subscribe').length;
    this.mostSubscribes = Math.max(this.mostSubscribes, subscribes);
    return done;
  }
}

/** One who wants a room. As the hub does: one who is refused lets go by itself. */
interface Holder {
  readonly room: RoomKey;
  state: 'waiting' | 'holding' | 'gone';
  entry?: InterestEntry;
}

class Bench {
  readonly link = new FakeLink();
  /** Rooms whose server cannot be reached. */
  readonly unreachable = new Set<RoomKey>();
  isConnected = true;
  readonly failures: unknown[] = [];
  readonly entries = new Map<RoomKey, InterestEntry>();
  readonly holders: Holder[] = [];
  readonly interest = new RoomInterest({
    link: () => (this.isConnected ? Promise.resolve(this.link) : Promise.reject(UNREACHABLE)),
    isReady: (key) => !this.unreachable.has(key),
    leaveDelay: LEAVE_DELAY,
    timeout: 60_000,
    onSubscribed: () => undefined,
    entries: () => this.entries.values(),
    onGone: (room) => this.entries.delete(room),
    onFailedLeave: (error) => this.failures.push(error),
  });

  entryOf(key: RoomKey): InterestEntry {
    const entry: InterestEntry = this.entries.get(key) ?? {
      key,
      state: 'idle',
      holders: 0,
      waiter: undefined,
    };
    this.entries.set(key, entry);
    return entry;
  }

  hold(room: RoomKey): Holder {
    const holder: Holder = { room, state: 'waiting' };
    this.holders.push(holder);
    holder.entry = this.entryOf(room);
    void this.await(holder, this.interest.hold(holder.entry));
    return holder;
  }

  drop(holder: Holder | undefined): void {
    if (!holder) return;
    holder.state = 'gone';
    if (holder.entry) this.interest.drop(holder.entry);
  }

  holding(room: RoomKey): Holder | undefined {
    return this.holders.find((each) => each.room === room && each.state === 'holding');
  }

  /** All that is asked for is answered, until nothing is asked any more. */
  async settle(): Promise<void> {
    for (let round = 0; round < 20; round += 1) {
      await flush();
      while (this.link.open.length > 0) {
        this.link.answer(0, true);
        await flush();
      }
      await jest.advanceTimersByTimeAsync(LEAVE_DELAY + 1);
    }
  }

  private async await(holder: Holder, ready: Promise<void> | undefined): Promise<void> {
    try {
      await ready;
      holder.state = 'holding';
    } catch {
      this.drop(holder);
    }
  }
}

async function flush(): Promise<void> {
  await jest.advanceTimersByTimeAsync(0);
}

type Step =
  | { readonly do: 'hold' | 'drop'; readonly room: RoomKey }
  | { readonly do: 'answer'; readonly index: number; readonly succeeds: boolean }
  | { readonly do: 'wait'; readonly ms: number };

const room = fc.constantFrom(...ROOMS);
const holdOrDrop: fc.Arbitrary<Step> = fc.record({
  do: fc.constantFrom('hold' as const, 'drop' as const),
  room,
});
const wait: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('wait' as const),
  ms: fc.constantFrom(0, 1, LEAVE_DELAY / 2, LEAVE_DELAY, LEAVE_DELAY * 2),
});
const answerOf = (succeeds: fc.Arbitrary<boolean>): fc.Arbitrary<Step> =>
  fc.record({ do: fc.constant('answer' as const), index: fc.nat({ max: 5 }), succeeds });
const stepsWith = (succeeds: fc.Arbitrary<boolean>): fc.Arbitrary<Step[]> =>
  fc.array(
    fc.oneof(
      { arbitrary: holdOrDrop, weight: 3 },
      { arbitrary: answerOf(succeeds), weight: 1 },
      { arbitrary: wait, weight: 1 },
    ),
    { maxLength: 40 },
  );

async function run(bench: Bench, steps: readonly Step[]): Promise<void> {
  for (const step of steps) {
    if (step.do === 'wait') await jest.advanceTimersByTimeAsync(step.ms);
    else if (step.do === 'answer') bench.link.answer(step.index, step.succeeds);
    else if (step.do === 'hold') bench.hold(step.room);
    else bench.drop(bench.holding(step.room));
  }
}

function held({ holders }: Bench): RoomKey[] {
  const rooms = holders.filter(({ state }) => state === 'holding').map((each) => each.room);
  return [...new Set(rooms)].toSorted();
}

describe('RoomInterest', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('has what is held subscribed, and nothing else, whatever comes in whichever order', async () => {
    await fc.assert(
      fc.asyncProperty(stepsWith(fc.constant(true)), async (steps) => {
        const bench = new Bench();
        await run(bench, steps);
        await bench.settle();
        expect(bench.holders.filter(({ state }) => state === 'waiting')).toEqual([]);
        expect([...bench.link.subscribed].toSorted()).toEqual(held(bench));
        expect(bench.entries.size).toBe(held(bench).length);
        expect(bench.link.mostSubscribes).toBeLessThanOrEqual(1);
        bench.interest.close();
        expect(jest.getTimerCount()).toBe(0);
      }),
      runsOf(300),
    );
  });

  it('has what is held subscribed where commands fail as well', async () => {
    await fc.assert(
      fc.asyncProperty(stepsWith(fc.boolean()), async (steps) => {
        const bench = new Bench();
        await run(bench, steps);
        await bench.settle();
        expect(bench.holders.filter(({ state }) => state === 'waiting')).toEqual([]);
        // What could not be unsubscribed may still come, and goes nowhere.
        expect([...bench.link.subscribed]).toEqual(expect.arrayContaining(held(bench)));
        if (bench.failures.length === 0)
          expect([...bench.link.subscribed].toSorted()).toEqual(held(bench));
        expect(bench.entries.size).toBe(held(bench).length);
        expect(bench.link.mostSubscribes).toBeLessThanOrEqual(1);
        bench.interest.close();
        expect(jest.getTimerCount()).toBe(0);
      }),
      runsOf(300),
    );
  });

  it('keeps the room of one who comes at the moment in which another is refused', async () => {
    const bench = new Bench();
    bench.hold('chat/a');
    await flush();
    // In the microtasks between the broker's answer and the hub's letting go.
    let second: Holder | undefined;
    const refused = bench.interest.hold(bench.entryOf('chat/a'));
    refused?.catch(() => (second = bench.hold('chat/a')));
    bench.link.answer(0, false);
    await flush();
    bench.interest.drop(bench.entryOf('chat/a'));
    await bench.settle();
    expect(second?.state).toBe('holding');
    expect([...bench.link.subscribed]).toEqual(['chat/a']);
  });

  it('asks once for what many want in one turn', async () => {
    const bench = new Bench();
    for (const each of [...ROOMS, ...ROOMS]) bench.hold(each);
    await flush();
    expect(bench.link.open.map(({ rooms }) => rooms)).toEqual([ROOMS]);
    bench.link.answer(0, true);
    await flush();
    expect(bench.holders.every(({ state }) => state === 'holding')).toBe(true);
    expect(bench.link.subscribes).toBe(1);
  });

  it('names at most 512 rooms in one command, and has one under way at a time', async () => {
    const bench = new Bench();
    const holders = Array.from({ length: 1300 }, (_, index) => bench.hold(`chat/${index}`));
    await flush();
    expect(bench.link.open.map(({ rooms }) => rooms.length)).toEqual([512]);
    bench.link.answer(0, true);
    await flush();
    expect(bench.link.open.map(({ rooms }) => rooms.length)).toEqual([512]);
    await bench.settle();
    expect(bench.link.subscribed.size).toBe(1300);
    for (const holder of holders) bench.drop(holder);
    await jest.advanceTimersByTimeAsync(LEAVE_DELAY);
    expect(bench.link.open.map(({ kind }) => kind)).toEqual(['unsubscribe']);
    await bench.settle();
    expect(bench.link.subscribed.size).toBe(0);
    expect([bench.link.mostNames, bench.link.mostSubscribes]).toEqual([512, 1]);
    expect(bench.entries.size).toBe(0);
  });

  it('stays subscribed for leaveDelay, and longer for who comes back', async () => {
    const bench = new Bench();
    const first = bench.hold('chat/a');
    await bench.settle();
    bench.drop(first);
    await jest.advanceTimersByTimeAsync(LEAVE_DELAY - 1);
    expect(bench.interest.hold(bench.entryOf('chat/a'))).toBeUndefined();
    await bench.settle();
    expect([...bench.link.subscribed]).toEqual(['chat/a']);
    expect(bench.link.subscribes).toBe(1);
    bench.interest.drop(bench.entryOf('chat/a'));
    await jest.advanceTimersByTimeAsync(LEAVE_DELAY);
    expect(bench.link.open.map(({ kind }) => kind)).toEqual(['unsubscribe']);
  });

  it('subscribes again who comes while it is unsubscribed', async () => {
    const bench = new Bench();
    bench.drop(bench.hold('chat/a'));
    await flush();
    bench.link.answer(0, true);
    await jest.advanceTimersByTimeAsync(LEAVE_DELAY);
    expect(bench.link.open.map(({ kind }) => kind)).toEqual(['unsubscribe']);
    const second = bench.hold('chat/a');
    await flush();
    expect(second.state).toBe('waiting');
    await bench.settle();
    expect(second.state).toBe('holding');
    expect([...bench.link.subscribed]).toEqual(['chat/a']);
  });

  it('tells of a command to leave that fails', async () => {
    const bench = new Bench();
    const first = bench.hold('chat/a');
    await bench.settle();
    bench.drop(first);
    await jest.advanceTimersByTimeAsync(LEAVE_DELAY);
    bench.link.answer(0, false);
    await flush();
    expect(bench.failures).toEqual([UNREACHABLE]);
    expect(bench.entries.size).toBe(0);
  });

  describe('when subscriptions are gone', () => {
    const lose = (bench: Bench): void => {
      bench.link.subscribed.clear();
      void bench.interest.renew(undefined);
    };

    it('subscribes again what is held', async () => {
      const bench = new Bench();
      bench.hold('chat/a');
      bench.hold('chat/b');
      await bench.settle();
      lose(bench);
      await bench.settle();
      expect([...bench.link.subscribed].toSorted()).toEqual(['chat/a', 'chat/b']);
    });

    it('subscribes again what was just confirmed, and is gone before anybody knows', async () => {
      const bench = new Bench();
      const holder = bench.hold('chat/a');
      await flush();
      bench.link.answer(0, true);
      lose(bench);
      await flush();
      expect(holder.state).toBe('waiting');
      await bench.settle();
      expect([...bench.link.subscribed]).toEqual(['chat/a']);
      expect(holder.state).toBe('holding');
    });

    it('lets nobody believe that a room is subscribed which nobody held', async () => {
      const bench = new Bench();
      const first = bench.hold('chat/a');
      await bench.settle();
      bench.drop(first);
      lose(bench);
      bench.hold('chat/a');
      await bench.settle();
      expect([...bench.link.subscribed]).toEqual(['chat/a']);
    });

    it('tries again where that fails, as members still wait for messages', async () => {
      const bench = new Bench();
      bench.hold('chat/a');
      await bench.settle();
      lose(bench);
      await flush();
      bench.link.answer(0, false);
      await bench.settle();
      expect([...bench.link.subscribed]).toEqual(['chat/a']);
    });

    it('keeps who comes after such a failure when who was there before leaves', async () => {
      const bench = new Bench();
      const first = bench.hold('chat/a');
      await bench.settle();
      lose(bench);
      await flush();
      bench.link.answer(0, false);
      await flush();
      bench.hold('chat/a');
      await bench.settle();
      bench.drop(first);
      await bench.settle();
      expect([...bench.link.subscribed]).toEqual(['chat/a']);
    });
  });

  describe('while the broker cannot be reached', () => {
    const comesBack = (bench: Bench): Promise<void> => {
      bench.unreachable.clear();
      return bench.interest.renew(undefined);
    };

    it('lets those who come wait for it, and asks for nothing', async () => {
      const bench = new Bench();
      bench.unreachable.add('chat/a');
      const holder = bench.hold('chat/a');
      await jest.advanceTimersByTimeAsync(10_000);
      expect([holder.state, bench.link.subscribes]).toEqual(['waiting', 0]);
      const renewed = comesBack(bench);
      await bench.settle();
      await renewed;
      expect(holder.state).toBe('holding');
      expect([...bench.link.subscribed]).toEqual(['chat/a']);
    });

    it('lets those wait whose command failed with the link, whether it is back by then or not', async () => {
      for (const isBackBefore of [true, false]) {
        const bench = new Bench();
        const holder = bench.hold('chat/a');
        await flush();
        bench.unreachable.add('chat/a');
        if (isBackBefore) void comesBack(bench);
        bench.link.answer(0, false);
        await flush();
        if (!isBackBefore) void comesBack(bench);
        await bench.settle();
        expect(holder.state).toBe('holding');
      }
    });

    it('forgets who has waited for too long, without a word to the broker', async () => {
      const bench = new Bench();
      bench.unreachable.add('chat/a');
      bench.drop(bench.hold('chat/a'));
      await jest.advanceTimersByTimeAsync(LEAVE_DELAY);
      expect([bench.entries.size, bench.link.open, bench.failures]).toEqual([0, [], []]);
      expect(jest.getTimerCount()).toBe(0);
    });

    it('asks again for the rooms of other servers, where one has failed a command for all', async () => {
      const bench = new Bench();
      const [a, b] = [bench.hold('chat/a'), bench.hold('chat/b')];
      await flush();
      bench.unreachable.add('chat/a');
      bench.link.answer(0, false);
      await bench.settle();
      expect([a.state, b.state]).toEqual(['waiting', 'holding']);
      expect([...bench.link.subscribed]).toEqual(['chat/b']);
    });

    it('refuses those who come where the broker is there, and says no', async () => {
      const bench = new Bench();
      const holder = bench.hold('chat/a');
      await flush();
      bench.link.answer(0, false);
      await flush();
      expect(holder.state).toBe('gone');
    });

    it('tries again each second where there is no link yet', async () => {
      const bench = new Bench();
      bench.isConnected = false;
      const holder = bench.hold('chat/a');
      await jest.advanceTimersByTimeAsync(5_000);
      expect(holder.state).toBe('waiting');
      bench.isConnected = true;
      await jest.advanceTimersByTimeAsync(1_000);
      bench.link.answer(0, true);
      await flush();
      expect(holder.state).toBe('holding');
    });
  });

  it('leaves no timer when it is closed, and asks for nothing more', async () => {
    const bench = new Bench();
    const first = bench.hold('chat/a');
    await bench.settle();
    bench.drop(first);
    bench.interest.close();
    expect(jest.getTimerCount()).toBe(0);
    await jest.advanceTimersByTimeAsync(LEAVE_DELAY * 3);
    expect(bench.link.open).toEqual([]);
  });

  it('asks for nothing once it is closed, though it was about to', async () => {
    const bench = new Bench();
    bench.hold('chat/a');
    bench.interest.close();
    await flush();
    expect(bench.link.open).toEqual([]);
  });

  it('lets nobody wait for ever when it is closed', async () => {
    const bench = new Bench();
    const holder = bench.hold('chat/a');
    await flush();
    bench.interest.close();
    await bench.settle();
    expect(holder.state).toBe('gone');
  });
});
