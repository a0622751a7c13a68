import { once } from 'node:events';
import { connect } from 'node:net';
import { DeadlineError, sleep } from '../support/deadline.js';
import { Random } from '../support/random.js';
import { Crowd } from './crowd.js';
import { Faults } from './faults.js';
import { checkKept } from './kept.checker.js';
import { JetStreamStand } from './jetstream.stand.js';
import { Ledger } from './ledger.js';
import { Nodes } from './nodes.js';
import { checkPlain } from './plain.checker.js';
import { planOf, type Plan } from './plan.js';
import { checkPresence } from './presence.check.js';
import { PresenceWatch } from './presence.watch.js';
import { RedisStand } from './redis.stand.js';
import type { SetUp } from './set-ups.js';
import type { Comeback, Stand } from './stand.js';
import { Stalls } from './stalls.js';
import type { Broadcast } from './told.js';
import { Traffic } from './traffic.js';

/** Milliseconds that clients may take to have everything, once nothing goes wrong any more. */
const CATCH_UP = 20_000;

const STANDS: Record<SetUp['broker'], (nodes: number, comeback: Comeback) => Promise<Stand>> = {
  redis: (nodes, comeback) => RedisStand.open(nodes, comeback),
  jetstream: (nodes, comeback) => JetStreamStand.open(nodes, comeback),
};

/** What became of one run. */
export interface RunReport {
  readonly findings: readonly string[];
  /** One line. */
  readonly summary: string;
}

/** One set-up under the faults that one seed makes. */
export async function run(setUp: SetUp, seed: number): Promise<RunReport> {
  const plan = planOf(setUp, seed);
  const stand = await STANDS[setUp.broker](setUp.nodes, setUp.comeback);
  const scene = new Scene(setUp, plan, stand);
  try {
    await scene.play();
  } finally {
    await scene.close();
  }
  return scene.report();
}

/** Nodes, clients, and all that happens to them. */
class Scene {
  private readonly findings: string[] = [];
  private readonly ledger = new Ledger();
  private readonly nodes: Nodes;
  private readonly crowd: Crowd;
  private readonly traffic: Traffic;
  private readonly faults: Faults;
  private readonly stalls = new Stalls();
  private readonly watch: PresenceWatch;
  private caughtUp = 0;
  private isSettled = false;
  /** Of the network. */
  private readonly ports: readonly number[];

  constructor(
    private readonly setUp: SetUp,
    private readonly plan: Plan,
    private readonly stand: Stand,
  ) {
    const { broker, nodes: count, packets, rooms, clients: size, rate, keptShare = 0.75 } = setUp;
    const { seed, cluster, faults } = plan;
    this.nodes = new Nodes({
      count,
      packets: faults.some(({ kind }) => kind === 'roll') ? packets[0] : 'first',
      watched: setUp.presence ? this.hereRooms : [],
      onBroadcast: (answer) => this.traffic.note(answer),
      optionsOf: (node) => ({
        broker,
        url: stand.urlOf(node),
        presence: setUp.presence,
        workers: node === cluster ? 2 : 1,
      }),
    });
    this.ports = stand.proxies.map(({ port }) => port);
    const { nodes, ledger } = this;
    this.crowd = new Crowd({ size, rooms, seed, ports: () => nodes.ports });
    const random = new Random(seed + 1);
    this.traffic = new Traffic({ nodes, ledger, random, rooms, rate, keptShare, size: plan.size });
    const { crowd, stalls } = this;
    this.faults = new Faults({
      setUp,
      nodes,
      stand,
      crowd,
      accepted: () => ledger.of('kept').filter(({ outcome }) => outcome === 'accepted').length,
      onDeath: (death) => setUp.presence && this.watch.mark(death),
    });
    const { blindness } = this.faults;
    this.watch = new PresenceWatch({
      nodes,
      crowd,
      stalls,
      blindUntil: (node) => blindness.until(node),
    });
  }

  async play(): Promise<void> {
    try {
      await this.nodes.startAll();
      await this.crowd.connect();
      this.traffic.start();
      await Promise.all([this.faults.run(this.plan), sleep(this.setUp.seconds * 1_000)]);
      this.traffic.stop();
      await this.settle();
      await this.watch.done();
      await this.checkPresence();
      await this.checkCaughtUp();
    } catch (error) {
      this.findings.push(this.describe(error));
    }
  }

  /** Never rejects. Whatever has happened, nothing of it goes on. */
  async close(): Promise<void> {
    this.traffic.stop();
    this.stalls.close();
    this.crowd.end();
    for (const name of await this.nodes.close()) this.findings.push(`node ${name} did not close`);
    for (const name of await this.nodes.killAll()) this.findings.push(`node ${name} runs on`);
    await this.stand.close();
    for (const left of await this.leftOpen()) this.findings.push(`${left} is still open`);
  }

  report(): RunReport {
    const kept = checkKept({
      broadcasts: this.ledger.of('kept'),
      sights: this.crowd.sightsOf('kept'),
      mayLose: this.setUp.mayLose,
      isSettled: this.isSettled,
    });
    const plain = checkPlain({
      broadcasts: this.ledger.of('plain'),
      sights: this.crowd.sightsOf('plain'),
    });
    const told = [...kept.findings, ...plain.findings].map(
      ({ verdict, detail }) => `${verdict}: ${detail}`,
    );
    const accepted = this.ledger.of('kept').filter(({ outcome }) => outcome === 'accepted').length;
    const summary = [
      `${accepted} kept, ${kept.received} received, ${kept.recovered} resumed, ${kept.gaps} gaps`,
      `plain: ${plain.received} received, ${plain.missed} missed`,
      ...(this.watch.slowest > 0
        ? [`the dead gone within ${(this.watch.slowest / 1_000).toFixed(1)} s`]
        : []),
      `${this.caughtUp} caught up`,
    ].join('; ');
    const { failures } = this.faults;
    const findings = [...this.findings, ...failures, ...this.watch.findings, ...told];
    return { findings, summary };
  }

  /** @returns Ports of nodes and proxies where somebody still listens. */
  private async leftOpen(): Promise<string[]> {
    const ports = [...this.nodes.lives.map(({ port }) => port), ...this.ports];
    const open = await Promise.all(ports.map(async (port) => [port, await answers(port)] as const));
    return open.filter(([, is]) => is).map(([port]) => `port ${port}`);
  }

  private get hereRooms(): string[] {
    return Array.from({ length: this.setUp.rooms }, (_, index) => `h${index}`);
  }

  /** Everybody comes back, and gets the last message of its rooms. */
  private async settle(): Promise<void> {
    const { crowd, traffic } = this;
    await crowd.until(({ isOpen }) => isOpen, 'to be connected', CATCH_UP);
    const kept = await traffic.last('kept');
    await crowd.until((client) => hasAll(client, kept), 'to have the last message', CATCH_UP);
    this.isSettled = true;
    const plain = await traffic.last('plain');
    await crowd.until((client) => hasAll(client, plain), 'to hear rooms without history', CATCH_UP);
  }

  private async checkPresence(): Promise<void> {
    if (!this.setUp.presence) return;
    await checkPresence({
      rooms: this.hereRooms,
      nodes: this.nodes.all,
      clients: this.crowd.clients,
    });
  }

  /** Slow readers have fallen behind where all is made for it, and were brought up without losing their connection. */
  private async checkCaughtUp(): Promise<void> {
    const { nodes, crowd, setUp } = this;
    const asked = nodes.all.flatMap((node) => node.places.map((worker) => node.metrics(worker)));
    const metrics = await Promise.all(asked);
    this.caughtUp = metrics.reduce((sum, each) => sum + (each?.caughtUp ?? 0), 0);
    if (setUp.fallsBehind !== true) return;
    if (this.caughtUp === 0) this.findings.push('no slow reader has fallen behind');
    for (const { name, connections } of crowd.slow)
      if (connections !== 1) this.findings.push(`${name} was slow, and lost its connection`);
  }

  private describe(error: unknown): string {
    const what = error instanceof DeadlineError ? error.message : String((error as Error).stack);
    const failures = [...this.ledger.failures].map(([text, count]) => `${count} × ${text}`);
    const logs = this.nodes.lives.map(({ name, log }) => `--- ${name}\n${log}`);
    return [what, ...failures, ...logs].join('\n');
  }
}

type Hears = {
  readonly told: ReadonlyMap<string, unknown>;
  hasHeard(room: string, text: string): boolean;
  wasToldOfGap(room: string, position: string): boolean;
};

/**
 * Of the rooms that it is in. Of a history that goes on from an older copy, its application may find nothing but
 * where it is, and tell that as a gap.
 */
function hasAll(client: Hears, last: ReadonlyMap<string, Broadcast>): boolean {
  for (const [room, { text, position }] of last) {
    if (!client.told.has(room) || client.hasHeard(room, text)) continue;
    if (position === undefined || !client.wasToldOfGap(room, position)) return false;
  }
  return true;
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
