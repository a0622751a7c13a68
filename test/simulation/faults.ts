import type { SimulatedLink } from './simulated.link.js';
import type { SimulatedNode } from './simulated.node.js';
import type { Simulation } from './simulation.js';

/** What breaks. Whatever does is whole again after a while, or when `end()` says so. */
export class Faults {
  /** By their names, how often. */
  readonly counts: Record<string, number> = {};
  private readonly kinds: readonly [string, () => void][] = [
    ['cut', () => this.cut(this.link)],
    ['short cut', () => this.cut(this.link, 30)],
    ['cut of subscriptions', () => this.cut(this.link, 30, true)],
    ['restart of the broker', () => this.restart()],
    ['flapping link', () => this.flap()],
    ['half-open link', () => this.halve()],
    ['black hole', () => this.blackHole()],
    ['latency', () => this.slowLink()],
    ['loss', () => this.loss()],
    ['duplication', () => this.duplication()],
    ['fork', () => this.fork()],
    ['fork with a cut', () => this.failover()],
    ['forgetting', () => this.forget()],
    ['partition', () => this.partition()],
    ['crash', () => this.crash()],
  ];

  constructor(private readonly simulation: Simulation) {}

  any(): void {
    const [name, fault] = this.kinds[this.simulation.random.below(this.kinds.length)] ?? [];
    if (name === undefined) return;
    this.counts[name] = (this.counts[name] ?? 0) + 1;
    fault?.();
  }

  /** Everything is whole. */
  end(): void {
    for (const node of this.simulation.nodes) {
      node.broker.isReachable = true;
      if (node.link) this.heal(node.link);
    }
  }

  private get link(): SimulatedLink | undefined {
    return this.simulation.anyNode().link;
  }

  private later(most: number, run: () => void): void {
    const { clock, random } = this.simulation;
    clock.after(random.below(most), run);
  }

  private cut(link: SimulatedLink | undefined, most = 8_000, onlySubscriptions = false): void {
    if (!link) return;
    this.spoil(link);
    link.cut(onlySubscriptions);
    this.later(most, () => this.heal(link));
  }

  /** Links are there again before anybody has noticed. */
  private restart(): void {
    const { random, server } = this.simulation;
    const onlySubscriptions = random.chance(0.5);
    for (const link of server.links) {
      link.cut(onlySubscriptions);
      this.heal(link);
    }
  }

  /** It breaks again while rooms are being subscribed anew. */
  private flap(): void {
    const { link } = this;
    if (!link) return;
    const onlySubscriptions = this.simulation.random.chance(0.5);
    for (let count = 0; count < 3; count += 1)
      this.later(40, () => {
        link.cut(onlySubscriptions);
        this.heal(link);
      });
  }

  /** The node notices later. */
  private halve(): void {
    const { link } = this;
    if (!link) return;
    this.spoil(link);
    link.halve();
    this.later(3_000, () => this.cut(link, 3_000));
  }

  private blackHole(): void {
    const { link } = this;
    if (!link) return;
    this.spoil(link);
    link.commands.hold();
    link.subscriptions.hold();
    // Some outlast the lease of the node.
    if (this.simulation.random.chance(0.5)) this.later(12_000, () => this.heal(link));
    else this.later(12_000, () => this.cut(link, 3_000));
  }

  private slowLink(): void {
    const { link } = this;
    if (!link) return;
    this.spoil(link);
    link.subscriptions.latency = 1 + this.simulation.random.below(400);
    link.commands.latency = 1 + this.simulation.random.below(400);
    this.later(5_000, () => this.heal(link));
  }

  private loss(): void {
    const { link } = this;
    if (!link) return;
    link.loss = this.simulation.random.next();
    this.later(8_000, () => this.heal(link));
  }

  private duplication(): void {
    const { link } = this;
    if (!link) return;
    link.duplication = this.simulation.random.next();
    this.later(8_000, () => this.heal(link));
  }

  private fork(): void {
    const { random, server } = this.simulation;
    const rooms = [...server.rooms];
    const [room] = rooms[random.below(rooms.length)] ?? [];
    if (room !== undefined) server.fork(room, 1 + random.below(6));
  }

  /** All rooms go back a little, and all links are cut. */
  private failover(): void {
    const { random, server } = this.simulation;
    for (const [room] of server.rooms) if (random.chance(0.5)) server.fork(room, random.below(4));
    this.cutAll();
  }

  private forget(): void {
    this.simulation.server.forget();
    this.cutAll();
  }

  private cutAll(): void {
    for (const link of this.simulation.server.links) this.cut(link, 2_000);
  }

  private partition(): void {
    const { nodes, random } = this.simulation;
    for (const node of nodes) {
      if (!random.chance(0.3)) continue;
      node.broker.isReachable = false;
      this.later(20_000, () => (node.broker.isReachable = true));
      this.cut(node.link, 20_000);
    }
  }

  /** A node is gone at once; another one takes its place, and its clients go anywhere. */
  private crash(): void {
    const { nodes, crowd, random } = this.simulation;
    const index = random.below(nodes.length);
    const node = nodes[index];
    if (!node) return;
    nodes[index] = this.simulation.newNode(node.name);
    node.diedAt = this.simulation.clock.now;
    node.link?.die();
    for (const client of node.clients) {
      const positions = crowd.end(client);
      if (random.chance(0.9)) this.later(3_000, () => crowd.comeAgain(client, positions));
    }
    void this.bury(node);
  }

  private async bury(node: SimulatedNode): Promise<void> {
    await node.hub.close();
  }

  private spoil(link: SimulatedLink): void {
    for (const node of this.simulation.nodes) if (node.link === link) node.healthySince = Infinity;
  }

  private heal(link: SimulatedLink): void {
    link.mend();
    const { clock, nodes } = this.simulation;
    for (const node of nodes) if (node.link === link) node.healthySince = clock.now + 6_000;
  }
}
