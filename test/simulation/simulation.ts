import type { RoomKey } from '../../lib/brokers/room.broker.js';
import { Random } from '../support/random.js';
import { Crowd } from './crowd.js';
import type { FakeClient } from './fake.client.js';
import { Faults } from './faults.js';
import { keepsHistory, keepsMembers, KINDS, SimulatedNode } from './simulated.node.js';
import { PresenceWitness } from './presence.witness.js';
import { SimulatedServer } from './simulated.server.js';
import { VirtualClock } from './virtual.clock.js';

export interface SimulationSize {
  readonly nodes: number;
  /** Of each kind. */
  readonly rooms: number;
  readonly clients: number;
}

/** A cluster, its clients, and all that befalls them: the same for the same seed. */
export class Simulation {
  readonly clock = new VirtualClock();
  readonly problems: string[] = [];
  readonly random: Random;
  readonly server: SimulatedServer;
  readonly crowd: Crowd;
  readonly nodes: SimulatedNode[];
  readonly rooms: readonly [RoomKey, ...RoomKey[]];
  readonly faults: Faults;
  readonly witness: PresenceWitness;
  refusedBroadcasts = 0;
  private readonly begin = this.clock.now;
  private ids: string[] = ['id-0'];
  private texts = 0;
  /** Of each node and room: a broadcast comes after those that were called before. */
  private readonly lastSaid = new Map<string, number>();

  constructor(
    seed: number,
    readonly size: SimulationSize,
  ) {
    this.random = new Random(seed);
    this.server = new SimulatedServer(this.clock, this.random);
    this.server.onAccepted = (room, { text }) => {
      this.checkOrder(room, text);
      for (const node of this.nodes) node.checkSubscription(room);
    };
    const { server, random, fail, anyNode } = this;
    this.nodes = Array.from({ length: size.nodes }, (_, index) => this.newNode(`node-${index}`));
    this.witness = new PresenceWitness({ server, fail, nodes: this.nodes });
    this.crowd = new Crowd({ server, random, anyNode, fail, onChange: this.witness.onChange });
    const [first = '', ...others] = KINDS.flatMap((kind) =>
      Array.from({ length: size.rooms }, (_, index) => `${kind}/${index}`),
    );
    this.rooms = [first, ...others];
    this.faults = new Faults(this);
  }

  readonly fail = (what: string): void => {
    this.problems.push(`${this.clock.now - this.begin} ms: ${what}`);
  };

  newNode(name: string): SimulatedNode {
    return new SimulatedNode(name, this.server, this.fail);
  }

  readonly anyNode = (): SimulatedNode => {
    const node = this.nodes[this.random.below(this.nodes.length)];
    if (!node) throw new RangeError('There are no nodes');
    return node;
  };

  /** One thing happens, and some time passes. */
  async step(): Promise<void> {
    const { random, crowd } = this;
    const dice = random.below(100);
    const client = crowd.any();
    if (dice < 45) this.broadcast();
    else if (!client || crowd.size < this.size.clients / 2 || dice < 65) this.join(client);
    else if (dice < 70) crowd.leave(client);
    else if (dice < 73) crowd.end(client);
    else if (dice < 83) this.reconnect(client);
    else if (dice < 93) this.slowDown(client);
    else if (dice < 95) client.drain();
    else if (dice < 96) this.watch();
    else this.faults.any();
    await this.clock.advance(random.chance(0.02) ? random.below(6_000) : random.below(60));
    this.witness.check(this.anyNode());
  }

  /** Faults end, clients read, and time passes. */
  async rest(): Promise<void> {
    this.faults.end();
    for (const client of this.crowd.nodes.keys()) client.drain();
    await this.clock.advance(40_000);
    this.checkComplete();
    await this.witness.checkAnswers(this.rooms);
  }

  /** Each room is told something: each node with members gets it, once, and nobody else. */
  async probe(): Promise<void> {
    for (const room of this.rooms) {
      const before = this.server.deliveries;
      const owed = this.nodes.filter((node) => node.wants(room)).length;
      this.say(room, this.anyNode(), []);
      // oxlint-disable-next-line no-await-in-loop -- one room at a time, to count its packets
      await this.clock.advance(500);
      const deliveries = this.server.deliveries - before;
      if (deliveries !== owed)
        this.fail(`${room}: ${owed} nodes have members, ${deliveries} packets were sent`);
    }
    this.checkComplete();
  }

  /** Everybody goes: nothing is left. */
  async leaveAll(): Promise<void> {
    for (const client of this.crowd.nodes.keys()) this.crowd.end(client);
    for (const node of this.nodes) for (const room of node.views.keys()) node.unwatch(room);
    await this.clock.advance(10_000);
    for (const node of this.nodes) for (const left of node.leftovers()) this.fail(left);
    if (this.server.presences.size > 0)
      this.fail(`${this.server.presences.size} nodes are present`);
    if (this.server.subscribed > 0) this.fail(`${this.server.subscribed} rooms are subscribed`);
    await Promise.all([...this.nodes.map(({ hub }) => hub.close()), this.clock.advance(5_000)]);
    if (this.clock.pending > 0) this.fail(`${this.clock.pending} timers are left`);
  }

  /** The same for the same seed. */
  get fingerprint(): string {
    const { crowd, server, clock } = this;
    return `${crowd.fingerprint} ${server.accepted.size} ${server.deliveries} ${clock.events}`;
  }

  private checkComplete(): void {
    for (const { views } of this.crowd.nodes.keys())
      for (const view of views.values()) view.checkComplete();
  }

  private broadcast(): void {
    const { random, ids } = this;
    const room = random.pick(this.rooms);
    const except = random.chance(0.2) ? this.someIdsIn(room) : [];
    if (!keepsHistory(room) || !random.chance(0.3)) this.say(room, this.anyNode(), except);
    else {
      if (random.chance(0.5)) ids.push(`id-${this.texts}`);
      const id = ids[ids.length - 1 - random.below(Math.min(3, ids.length))];
      this.say(room, this.anyNode(), except, id);
    }
  }

  private someIdsIn(room: RoomKey): string[] {
    const inside = [...this.crowd.nodes.keys()].filter(({ views }) => views.has(room));
    return inside.filter(() => this.random.chance(0.3)).map(({ id }) => id);
  }

  private say(room: RoomKey, node: SimulatedNode, except: readonly string[], id?: string): void {
    this.texts += 1;
    const text = `${room} ${this.texts} ${node.name}`;
    node
      .at(room)
      .broadcast(text, { except, ...(id !== undefined && { id }) })
      .catch(() => (this.refusedBroadcasts += 1));
  }

  private checkOrder(room: RoomKey, text: string): void {
    const [, count = '', node = ''] = text.split(' ');
    const key = `${node} ${room}`;
    if ((this.lastSaid.get(key) ?? 0) >= Number(count)) this.fail(`"${text}" was overtaken`);
    this.lastSaid.set(key, Number(count));
  }

  /** Somebody looks at who is in a room, or has seen enough. */
  private watch(): void {
    const node = this.anyNode();
    const room = this.random.pick(this.rooms);
    if (node.views.has(room)) node.unwatch(room);
    else if (keepsMembers(room)) node.watch(room);
  }

  private join(present: FakeClient | undefined): void {
    const { random, crowd } = this;
    const isNew = !present || crowd.size < this.size.clients;
    const client = isNew ? crowd.connect(this.anyNode(), random.chance(0.75)) : present;
    for (let count = isNew ? 3 : 1; count > 0; count -= 1)
      crowd.join(client, random.pick(this.rooms));
  }

  private reconnect(client: FakeClient): void {
    const positions = this.crowd.end(client);
    const wait = this.random.below(this.random.chance(0.7) ? 300 : 30_000);
    this.clock.after(wait, () => this.crowd.comeAgain(client, positions));
  }

  private slowDown(client: FakeClient): void {
    client.slowDown();
    this.clock.after(this.random.below(3_000), () => client.drain());
  }
}
