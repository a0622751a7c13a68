import { sleep } from '../support/deadline.js';
import type { Random } from '../support/random.js';
import {
  NodeProcess,
  type BroadcastAnswer,
  type BroadcastOrder,
  type NodeOptions,
  type Packets,
} from './node.process.js';

/** How often a node is started that finds no broker. */
const START_TRIES = 10;
const START_PAUSE = 1_000;
/** Milliseconds until workers have noticed that nobody is there for them. */
const LAST_BREATH = 10_000;

export interface NodesParts {
  readonly count: number;
  readonly optionsOf: (node: number) => Omit<NodeOptions, 'packets'>;
  readonly packets: Packets;
  readonly onBroadcast: (answer: BroadcastAnswer) => void;
  /** Rooms whose members each node watches. */
  readonly watched: readonly string[];
}

/** What is asked to broadcast: one process. */
export interface Sender {
  /** Of one life of it. */
  readonly name: string;
  broadcast(list: readonly BroadcastOrder[]): void;
}

/** The nodes of a run: which live, and what becomes of them one after another. */
export class Nodes {
  /** By their numbers; `undefined` for one that does not run. */
  readonly living: (NodeProcess | undefined)[];
  /** All that have run. */
  readonly lives: NodeProcess[] = [];
  private readonly packets: Packets[];
  private readonly work: Promise<unknown>[];

  constructor(private readonly parts: NodesParts) {
    this.living = Array.from({ length: parts.count });
    this.packets = Array.from({ length: parts.count }, () => parts.packets);
    this.work = Array.from({ length: parts.count }, () => Promise.resolve());
  }

  get ports(): readonly number[] {
    return this.all.map(({ port }) => port);
  }

  get all(): readonly NodeProcess[] {
    return this.living
      .filter((node) => node?.isRunning === true)
      .filter((node) => node !== undefined);
  }

  async startAll(): Promise<void> {
    await Promise.all(this.living.map((_, node) => this.start(node)));
  }

  /** Does one thing after another with one node. */
  with<T>(node: number, act: () => Promise<T>): Promise<T> {
    const done = (this.work[node] ?? Promise.resolve()).then(act);
    this.work[node] = done.catch(() => undefined);
    return done;
  }

  async start(node: number): Promise<void> {
    const { optionsOf, onBroadcast, watched } = this.parts;
    const name = `n${node}.${this.lives.filter((life) => life.name.startsWith(`n${node}.`)).length}`;
    const options = { ...optionsOf(node), packets: this.packets[node] ?? 'first' };
    const life = await startAnyway(() => NodeProcess.start(name, options, onBroadcast));
    this.lives.push(life);
    this.living[node] = life;
    life.watch(watched);
  }

  async kill(node: number): Promise<void> {
    const life = this.living[node];
    this.living[node] = undefined;
    life?.kill();
    await life?.exited;
  }

  /** Ends as an application does, and begins again as one of another version. @returns Whether it has ended well. */
  async replace(node: number, packets: Packets): Promise<boolean> {
    const life = this.living[node];
    this.living[node] = undefined;
    const hasEnded = life ? await life.close() : true;
    this.packets[node] = packets;
    await this.start(node);
    return hasEnded;
  }

  anySender(random: Random): Sender | undefined {
    const { all } = this;
    const node = all[random.below(all.length)];
    if (!node) return undefined;
    const { places } = node;
    const worker = places[random.below(places.length)] ?? 0;
    return {
      name: `${node.name}.${worker}`,
      broadcast: (list) => node.broadcast(worker, list),
    };
  }

  /** @returns Names of those that did not end by themselves. */
  async close(): Promise<string[]> {
    const lives = this.all;
    const ended = await Promise.all(lives.map((life) => life.close()));
    return lives.filter((_, index) => ended[index] !== true).map(({ name }) => name);
  }

  /** Whatever happens. @returns Names of those of whom something runs on. */
  async killAll(): Promise<string[]> {
    for (const life of this.lives) {
      life.go();
      life.kill();
    }
    await Promise.all(this.lives.map(({ exited }) => exited));
    const end = performance.now() + LAST_BREATH;
    for (;;) {
      const left = this.lives.filter(({ isGone }) => !isGone).map(({ name }) => name);
      if (left.length === 0 || performance.now() > end) return left;
      await sleep(50);
    }
  }
}

/** As what watches over processes does: one that finds no broker ends, and is started again. */
async function startAnyway(start: () => Promise<NodeProcess>): Promise<NodeProcess> {
  for (let tries = 1; ; tries += 1)
    try {
      return await start();
    } catch (error) {
      const isOutage = String(error).includes('BrokerUnavailableException');
      if (!isOutage || tries === START_TRIES) throw error;
      await sleep(START_PAUSE);
    }
}
