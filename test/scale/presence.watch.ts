import { sleep } from '../support/deadline.js';
import { NOTICED, type Crowd } from './crowd.js';
import type { NodeProcess } from './node.process.js';
import type { Nodes } from './nodes.js';
import type { Stalls } from './stalls.js';

/** Milliseconds after which nobody of a dead process is there any more. */
const GONE_AFTER = 20_000;
/** The same, for one who could not see the broker, from when it could again. */
const SEEN_AFTER = 10_000;
/** Milliseconds between looks. */
const PAUSE = 500;

/** A process with members that was killed. */
export interface Death {
  /** In ms of `performance.now()`. */
  readonly at: number;
  /** Where its clients were. */
  readonly port: number;
  /** Of the node. */
  readonly node: number;
  /** Whether other workers live on at that port. */
  readonly isWorker: boolean;
}

export interface PresenceWatchParts {
  readonly nodes: Nodes;
  readonly crowd: Crowd;
  readonly stalls: Stalls;
  /** In ms of `performance.now()`: until when the network or the broker kept a node from seeing anything. */
  readonly blindUntil: (node: number) => number;
}

/** Looks, from the moment of each death on, for those of the dead who are still present. */
export class PresenceWatch {
  readonly findings: string[] = [];
  /** Milliseconds from a death until nobody saw anybody of it: the longest. */
  slowest = 0;
  private readonly watches: Promise<void>[] = [];

  constructor(private readonly parts: PresenceWatchParts) {}

  mark(death: Death): void {
    this.watches.push(this.watch(death));
  }

  /** Resolves when all are gone, or should have been. Never rejects. */
  async done(): Promise<void> {
    await Promise.all(this.watches);
  }

  private async watch(death: Death): Promise<void> {
    const observers = new Set<NodeProcess>();
    let looking = 0;
    do {
      // Those that are started meanwhile look as well.
      for (const node of this.parts.nodes.all) {
        if (observers.has(node)) continue;
        observers.add(node);
        looking += 1;
        void this.lookFrom(node, death).finally(() => (looking -= 1));
      }
      // oxlint-disable-next-line no-await-in-loop -- until nobody looks any more
      await sleep(PAUSE);
    } while (looking > 0);
  }

  /** Until one node sees none of the dead. */
  private async lookFrom(observer: NodeProcess, death: Death): Promise<void> {
    // Who was at the worker shows when connections break.
    if (death.isWorker) await sleep(NOTICED);
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- one look after another
      await sleep(PAUSE);
      if (!observer.isRunning) return;
      // oxlint-disable-next-line no-await-in-loop
      const seen = await this.ghostsSeenBy(observer, death);
      const now = performance.now();
      const took = now - death.at;
      if (seen.length === 0) {
        this.slowest = Math.max(this.slowest, took);
        return;
      }
      if (observer.isRunning && now > this.deadlineOf(observer, death)) {
        const seconds = (took / 1_000).toFixed(1);
        this.findings.push(
          `ghosts: ${seconds} s after a process of node ${death.node} died, ${observer.name} sees ${seen.slice(0, 5).join(', ')}`,
        );
        return;
      }
    }
  }

  private deadlineOf({ node }: NodeProcess, { at, node: dead }: Death): number {
    const { blindUntil, stalls } = this.parts;
    // What the dead one had said last, its lease with it, may come as late as the network lets it.
    const said = Math.max(at, blindUntil(dead));
    return Math.max(said + GONE_AFTER, blindUntil(node) + SEEN_AFTER) + stalls.since(at);
  }

  /** @returns What was seen, or why nothing can be. */
  private async ghostsSeenBy(observer: NodeProcess, death: Death): Promise<string[]> {
    const dead = this.parts.crowd.visitsEndedBy(death);
    const rooms = [...new Set(dead.values())];
    const seen = rooms.flatMap((room) =>
      observer.places.map(async (worker) => {
        try {
          const { read = [], watched = [], failed } = await observer.presence(room, worker);
          if (failed !== undefined) return [failed];
          return [...read, ...watched].filter((key) => dead.has(key));
        } catch (error) {
          return [String(error).slice(0, 200)];
        }
      }),
    );
    return (await Promise.all(seen)).flat();
  }
}
