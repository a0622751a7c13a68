import { sleep } from '../support/deadline.js';
import type { TcpProxy } from '../support/faults/tcp-proxy.js';
import type { Crowd } from './crowd.js';
import type { Nodes } from './nodes.js';
import type { Fault, Plan } from './plan.js';
import type { FaultKind, SetUp } from './set-ups.js';
import type { Stand } from './stand.js';

export interface FaultParts {
  readonly setUp: SetUp;
  readonly nodes: Nodes;
  readonly stand: Stand;
  readonly crowd: Crowd;
}

/** What goes wrong, and when it was over. */
export class Faults {
  /** When processes with members were killed, in ms of `performance.now()`. */
  readonly deaths: number[] = [];
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
        await this.parts.nodes.kill(node);
        this.deaths.push(performance.now());
        await sleep(ms);
        await this.parts.nodes.start(node);
      }),
    killWorker: () => this.killWorker(),
    stopNode: ({ node, ms }) =>
      this.parts.nodes.with(node, async () => {
        const life = this.parts.nodes.living[node];
        life?.stop();
        await sleep(ms);
        life?.go();
      }),
    killBroker: ({ ms }) => this.parts.stand.killBroker(ms),
    cut: ({ node, ms }) => cut([this.parts.stand.proxyOf(node)], ms),
    cutAll: ({ ms }) => cut(this.parts.stand.proxies, ms),
    stall: ({ node, ms }) => during(this.parts.stand.proxyOf(node), ms, (proxy) => proxy.stall()),
    halfOpen: ({ node }) => this.parts.stand.proxyOf(node).halfOpen(),
    delay: ({ node, ms }) =>
      during(this.parts.stand.proxyOf(node), ms, (proxy) => proxy.delay(200)),
    storm: () => this.parts.crowd.drop(),
    slow: async ({ ms }) => {
      const { slow } = this.parts.crowd;
      for (const client of slow) client.pause();
      await sleep(ms);
      for (const client of slow) client.read();
    },
    roll: () => this.roll(),
  };

  /** The second of a node that has some. */
  private killWorker(): void {
    const node = this.parts.nodes.all.find(({ workers }) => workers.length > 0);
    if (!node) return;
    node.killWorker(1);
    this.deaths.push(performance.now());
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
