import { jest } from '@jest/globals';
import * as fc from 'fast-check';
import type { Present, PresenceChange } from 'nestjs-revali-ws';

import { RoomPresence, type PresenceKind } from '../../../lib/presence/room.presence.js';
import { PresenceBroker, type PresenceLink } from '../../support/faults/presence-broker.js';
import { runsOf } from '../../support/property.runs.js';

const ROOM = 'chat/blue';
const LEASE = 3_000;
const NODES = 3;

type Step =
  | { readonly do: 'join' | 'leave' | 'update'; readonly node: number; readonly who: number }
  | { readonly do: 'lose' | 'recover'; readonly node: number; readonly who: number }
  | { readonly do: 'kill'; readonly node: number }
  | { readonly do: 'run' | 'drop'; readonly lane: number }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'forget' | 'sweep' };

interface Item {
  readonly work: () => void;
  readonly isPacket: boolean;
}

/** What a test has to run by itself, lane by lane. */
class Waiting {
  private readonly lanes = new Map<string, Item[]>();

  add(lane: string, work: () => void, isPacket: boolean): void {
    const present = this.lanes.get(lane);
    if (present) present.push({ work, isPacket });
    else this.lanes.set(lane, [{ work, isPacket }]);
  }

  run(index: number): void {
    this.take(index, ([first]) => first !== undefined)?.work();
  }

  /** A packet that nobody gets, though the link is there. */
  drop(index: number): void {
    this.take(index, ([first]) => first?.isPacket === true);
  }

  get isEmpty(): boolean {
    return [...this.lanes.values()].every(({ length }) => length === 0);
  }

  private take(index: number, wanted: (lane: readonly Item[]) => boolean): Item | undefined {
    const lanes = [...this.lanes.values()].filter(wanted);
    return lanes[index % Math.max(1, lanes.length)]?.shift();
  }
}

/** One application: its members as they are in truth, and what it believes. */
class Node {
  readonly presence: RoomPresence;
  readonly link: PresenceLink;
  readonly members = new Map<string, { key: string; version: number }>();

  constructor(
    broker: PresenceBroker,
    private readonly index: number,
    readonly kind: PresenceKind,
  ) {
    this.link = broker.link({
      onPacket: (room, packet) => void this.presence.obey(room, packet),
      onLost: () => this.presence.onLost(),
      onReady: () => void this.presence.onReady(),
      onNodeGone: (node) => this.presence.onNodeGone(node),
    });
    const { link } = this;
    this.presence = new RoomPresence({
      nodeLease: LEASE,
      tellsOfNodes: true,
      isReady: () => link.state !== 'lost',
      ask: (call) => call(link.presence),
      publish: (room, order) => link.publish(room, Buffer.from(order)),
      hold: async (room) => {
        await link.subscribe([room]);
        return () => undefined;
      },
      onFailed: () => undefined,
    });
  }

  join(who: number, version: number): void {
    const connection = { id: `${this.index}-${who}` };
    const member = { key: `k${who % 4}`, version };
    const { kind, presence } = this;
    if (this.members.has(connection.id)) presence.update(kind, ROOM, connection, member);
    else {
      presence.announce(kind, { key: ROOM, name: 'blue' }, connection, member);
      presence.entered(kind, ROOM, connection);
    }
    this.members.set(connection.id, member);
  }

  leave(who: number): void {
    const id = `${this.index}-${who}`;
    if (this.members.delete(id)) this.presence.left(this.kind, ROOM, { id });
  }
}

/** What a watcher of events believes; it fails for events that make no sense. */
class Believer {
  readonly here = new Map<string, unknown>();
  isKnown = false;
  private isFilled = false;

  take(change: PresenceChange): void {
    if (change.type === 'unknown') this.isKnown = false;
    else if (change.type === 'here') this.fill(change.present);
    else {
      const { type, key, member } = change;
      expect([type, this.here.has(key)]).toEqual([type, type !== 'joined']);
      if (type === 'left') this.here.delete(key);
      else this.here.set(key, member);
    }
  }

  private fill(present: readonly Present[]): void {
    const told = new Map(present.map(({ key, member }) => [key, member] as const));
    if (this.isFilled) expect([...told.keys()]).toEqual([...this.here.keys()].toSorted());
    for (const [key, member] of told) this.here.set(key, member);
    this.isFilled = true;
    this.isKnown = true;
  }
}

const node = fc.nat(NODES - 1);
const who = fc.nat(3);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({ do: fc.constantFrom('join', 'leave', 'leave', 'update'), node, who }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constantFrom('lose', 'recover'), node, who: fc.nat(1) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('kill'), node }) },
  { weight: 16, arbitrary: fc.record({ do: fc.constant('run'), lane: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('drop'), lane: fc.nat(9) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait'), ms: fc.nat(LEASE) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('forget', 'sweep') }) },
);

class Cluster {
  readonly waiting = new Waiting();
  readonly broker = new PresenceBroker((lane, work, isPacket) =>
    this.waiting.add(lane, work, isPacket),
  );
  readonly nodes: Node[];
  private version = 0;

  constructor(kind: PresenceKind) {
    this.nodes = Array.from({ length: NODES }, (_, index) => new Node(this.broker, index, kind));
  }

  async do(now: Step): Promise<void> {
    const at = 'node' in now ? this.nodes[now.node] : undefined;
    // Later cards are later, as in an application that is not in a hurry.
    await jest.advanceTimersByTimeAsync(1);
    if (now.do === 'join' || now.do === 'update') at?.join(now.who, (this.version += 1));
    else if (now.do === 'leave') at?.leave(now.who);
    else if (now.do === 'lose') at?.link.lose(now.who % 2 === 0);
    else if (now.do === 'recover') at?.link.recover();
    else if (now.do === 'kill') this.kill(now.node);
    else if (now.do === 'run') this.waiting.run(now.lane);
    else if (now.do === 'drop') this.waiting.drop(now.lane);
    else if (now.do === 'wait') await jest.advanceTimersByTimeAsync(now.ms);
    else if (now.do === 'sweep') this.broker.sweep();
    else this.forget();
    await jest.advanceTimersByTimeAsync(0);
  }

  /** All links are there again, and time enough. */
  async rest(): Promise<void> {
    for (const { link } of this.nodes) link.recover();
    for (let turn = 0; turn < 12; turn += 1) {
      // oxlint-disable-next-line no-await-in-loop -- what one brings about comes next
      await this.runAll();
      // oxlint-disable-next-line no-await-in-loop -- time goes by step by step
      await jest.advanceTimersByTimeAsync(500);
      this.broker.sweep();
    }
  }

  /** By key, what the latest card says. */
  truth(): Map<string, unknown> {
    const all = this.nodes
      .filter(({ link }) => link.state !== 'dead')
      .flatMap(({ members }) => Array.from(members.values()))
      .toSorted((one, other) => one.version - other.version);
    return new Map(all.map(({ key, version }) => [key, { version }]));
  }

  private async runAll(): Promise<void> {
    while (!this.waiting.isEmpty) {
      this.waiting.run(0);
      // oxlint-disable-next-line no-await-in-loop -- what it brings about comes next
      await jest.advanceTimersByTimeAsync(0);
    }
  }

  /** The first one lives on: somebody has to be right. */
  private kill(index: number): void {
    if (index > 0) this.nodes[index]?.link.kill();
  }

  /** A server that starts again breaks all links. */
  private forget(): void {
    for (const { link } of this.nodes) link.lose();
    this.broker.forget();
  }
}

/** Does the steps, with a watcher at each node, and looks at what they believe in the end. */
async function play(kind: PresenceKind, steps: readonly Step[]): Promise<void> {
  const cluster = new Cluster(kind);
  const watched = cluster.nodes.map(({ presence }) => {
    const believer = new Believer();
    const watching = presence.watch(kind, ROOM).subscribe((change) => believer.take(change));
    return { believer, watching };
  });
  for (const each of steps)
    // oxlint-disable-next-line no-await-in-loop -- in this order
    await cluster.do(each);
  await cluster.rest();
  // What was missed shows at the next change.
  for (const [index] of cluster.nodes.entries())
    // oxlint-disable-next-line no-await-in-loop -- in this order
    await cluster.do({ do: 'join', node: index, who: 9 });
  await cluster.rest();
  const truth = cluster.truth();
  cluster.nodes.forEach(({ link }, index) => {
    if (link.state === 'dead') return;
    expect(watched[index]?.believer.isKnown).toBe(true);
    expect(watched[index]?.believer.here).toEqual(truth);
  });
  const [first] = cluster.nodes;
  const reading = first?.presence.list(kind, ROOM);
  await cluster.rest();
  const list = await reading;
  expect(new Map(list?.map(({ key, member }) => [key, member]))).toEqual(truth);
  for (const { watching } of watched) watching.unsubscribe();
  expect(first?.presence.metrics.watchers).toBe(0);
  for (const { presence } of cluster.nodes) presence.close();
  await jest.advanceTimersByTimeAsync(0);
  expect(jest.getTimerCount()).toBe(0);
}

describe('Presence, whatever happens in whatever order,', () => {
  beforeEach(() => jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] }));
  afterEach(() => jest.useRealTimers());

  it.each([0, 700])(
    'ends as it is in truth (linger %d)',
    async (linger) => {
      const describeIt = ({ id }: { readonly id: string }) => ({ key: id });
      const kind: PresenceKind = { name: 'chat', presence: true, linger, describe: describeIt };
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 80, size: 'max' }), (steps) =>
          play(kind, steps),
        ),
        { ...runsOf(500), interruptAfterTimeLimit: 50_000 },
      );
    },
    60_000,
  );
});
