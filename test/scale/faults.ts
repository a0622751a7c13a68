import { sleep } from '../support/deadline.js';
import type { TcpProxy } from '../support/faults/tcp-proxy.js';
import { Blindness } from './blindness.js';
import type { Crowd } from './crowd.js';
import type { Nodes } from './nodes.js';
import type { Fault, Plan } from './plan.js';
import type { Death } from './presence.watch.js';
import type { FaultKind, SetUp } from './set-ups.js';
import type { Stand } from './stand.js';

export interface FaultParts {
  readonly setUp: SetUp;
  readonly nodes: Nodes;
  readonly stand: Stand;
  readonly crowd: Crowd;
  /** Broadcasts with history that were accepted so far. */
  readonly accepted: () => number;
  /** A process with members was killed. */
  readonly onDeath: (death: Death) => void;
}

/** Milliseconds after which an application knows that nobody is at the other end: two pings of NATS. */
const HALF_OPEN_NOTICED = 10_000;

/** Broadcasts of each room that a reader must miss: 10 MB, where they have 100 KB. */
const BEHIND = 100;
/** Milliseconds. */
const BEHIND_DEADLINE = 60_000;

/** What goes wrong, and when it was over. */
export class Faults {
  readonly blindness = new Blindness();
  readonly failures: string[] = [];

  constructor(private readonly parts: FaultParts) {}

  /** Resolves when all is over, and everything works again. @throws What the first of them throws, when all are over */
  async run({ faults }: Plan): Promise<void> {
    const ends = await Promise.allSettled(faults.map((fault) => this.inTime(fault)));
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  }

  private async inTime(fault: Fault): Promise<void> {
    await sleep(fault.at);
    await this.acts[fault.kind](fault);
  }

  private readonly acts: Record<FaultKind, (fault: Fault) => Promise<void> | void> = {
    killNode: ({ node, ms }) =>
      this.parts.nodes.with(node, async () => {
        const { port = 0 } = this.parts.nodes.living[node] ?? {};
        const at = performance.now();
        await this.parts.nodes.kill(node);
        this.parts.onDeath({ at, port, node, isWorker: false });
        await sleep(ms);
        await this.parts.nodes.start(node);
      }),
    killWorker: () => this.killWorker(),
    stopNode: ({ node, ms }) =>
      this.parts.nodes.with(node, async () => {
        const life = this.parts.nodes.living[node];
        life?.stop();
        await this.blindness.during(node, () => sleep(ms));
        life?.go();
      }),
    killBroker: ({ ms }) => this.blindness.during(undefined, () => this.parts.stand.killBroker(ms)),
    cut: ({ node, ms }) =>
      this.blindness.during(node, () => cut([this.parts.stand.proxyOf(node)], ms)),
    cutAll: ({ ms }) => this.blindness.during(undefined, () => cut(this.parts.stand.proxies, ms)),
    stall: ({ node, ms }) =>
      this.blindness.during(node, () =>
        during(this.parts.stand.proxyOf(node), ms, (proxy) => proxy.stall()),
      ),
    halfOpen: ({ node }) => {
      this.parts.stand.proxyOf(node).halfOpen();
      this.blindness.note(node, HALF_OPEN_NOTICED);
    },
    delay: ({ node, ms }) =>
      during(this.parts.stand.proxyOf(node), ms, (proxy) => proxy.delay(200)),
    storm: () => this.parts.crowd.drop(),
    slow: async ({ ms }) => {
      const { slow } = this.parts.crowd;
      for (const client of slow) client.pause();
      await Promise.all([sleep(ms), this.untilBehind()]);
      for (const client of slow) client.read();
    },
    roll: () => this.roll(),
  };

  /** On a busy machine, it takes longer until more was sent than a reader's kernel holds. */
  private async untilBehind(): Promise<void> {
    const { accepted, setUp } = this.parts;
    if (setUp.fallsBehind !== true) return;
    const enough = accepted() + BEHIND * setUp.rooms;
    const deadline = performance.now() + BEHIND_DEADLINE;
    while (accepted() < enough && performance.now() < deadline) await sleep(100);
  }

  /** The second of a node that has some. */
  private killWorker(): void {
    const node = this.parts.nodes.all.find(({ workers }) => workers.length > 0);
    if (!node) return;
    const { port, node: number } = node;
    this.parts.onDeath({ at: performance.now(), port, node: number, isWorker: true });
    node.killWorker(1);
  }

  private async roll(): Promise<void> {
    const { nodes, setUp } = this.parts;
    for (const node of nodes.living.keys()) {
      const hasEnded = await nodes.with(node, () => nodes.replace(node, setUp.packets[1]));
      if (!hasEnded) this.failures.push(`node ${node} did not close when it was replaced`);
    }
  }
}

async function cut(proxies: readonly TcpProxy[], ms: number): Promise<void> {
  for (const proxy of proxies)
    if (ms < 100) proxy.reset();
    else proxy.cut();
  await sleep(ms);
  for (const proxy of proxies) proxy.mend();
}

async function during(
  proxy: TcpProxy,
  ms: number,
  begin: (proxy: TcpProxy) => void,
): Promise<void> {
  begin(proxy);
  await sleep(ms);
  proxy.mend();
}
