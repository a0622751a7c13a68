import { sleep } from '../../support/deadline.js';
import { Random } from '../../support/random.js';
import { FuzzServer } from './child.js';
import { Findings } from './findings.js';
import { describeHeld, faultsOfGrowth, isQuiet } from './growth.js';
import type { Make } from './kinds.js';
import { FREE_MS } from './limits.js';
import { inPool, range } from './pool.js';
import { Remains } from './remains.js';
import type { ServerState } from './server.js';
import { targetOf, type Setup, type Target } from './setups.js';
import { Witness } from './witness.js';

export interface Plan {
  readonly setup: Setup;
  readonly make: Make;
  readonly seed: number;
  readonly count: number;
  /** How many sequences run at once. */
  readonly size: number;
  /** After so many findings it stops. */
  readonly enough: number;
}

/** What is made once, by the first of them, is nobody's. */
const WARM_UP = 0.1;
const LOOK_EVERY_MS = 500;

/** Runs very many sequences against one server, and looks at what is left of them. */
export async function runCampaign(plan: Plan): Promise<Findings> {
  const findings = new Findings();
  const remains = new Remains();
  const server = await FuzzServer.start(plan.setup, (error) =>
    findings.add({ fault: `uncaught: ${error}`, suspects: remains.running }),
  );
  const campaign = new Campaign(plan, server, remains, findings);
  await campaign.run();
  await server.stop();
  if (server.written !== '') findings.add({ fault: `the server has written ${server.written}` });
  return findings;
}

class Campaign {
  private readonly target: Target;

  constructor(
    private readonly plan: Plan,
    private readonly server: FuzzServer,
    private readonly remains: Remains,
    private readonly findings: Findings,
  ) {
    this.target = targetOf(plan.setup, server.port);
  }

  async run(): Promise<void> {
    const { setup, seed, count } = this.plan;
    const warm = Math.ceil(count * WARM_UP);
    await this.runAll(range(0, warm));
    const before = await this.quietState();
    const witness =
      setup.server === 'http2'
        ? undefined
        : new Witness(this.target, new Random(seed), (fault) => this.findings.add({ fault }));
    await this.runAll(range(warm, count));
    await witness?.stop();
    if (before) await this.expectNoGrowth(before);
    await this.closeUnderFire();
  }

  private get isOver(): boolean {
    return this.findings.all.length >= this.plan.enough || this.hasCrashed;
  }

  private get hasCrashed(): boolean {
    return this.server.ending !== undefined;
  }

  private async runAll(indices: readonly number[]): Promise<void> {
    let isDone = false;
    const watching = this.watch(() => isDone);
    const runOne = (index: number): Promise<void> => this.runOne(index);
    await inPool(indices, this.plan.size, runOne, () => this.isOver);
    isDone = true;
    await watching;
  }

  private async runOne(index: number): Promise<void> {
    const { make, seed, setup } = this.plan;
    const end = this.remains.begin(index);
    const { faults, port } = await make(seed, index, setup).run(this.target);
    // Those that a crash has interrupted are suspects; what they saw is its consequence.
    if (this.hasCrashed) return;
    end(port);
    const [fault] = faults;
    if (fault !== undefined) this.findings.add({ fault, index });
  }

  /** Sees whether what is over is gone, and whether the server is still there. */
  private async watch(isDone: () => boolean): Promise<void> {
    while (!isDone() && !this.hasCrashed) {
      await sleep(LOOK_EVERY_MS);
      await this.look();
    }
    this.checkAlive();
  }

  private async look(): Promise<ServerState | undefined> {
    const state = await this.server.ask('state').catch(() => undefined);
    for (const { entry, index } of this.remains.stale(state?.held ?? [])) {
      const fault = `a ${entry.kind} is left in the server: ${entry.label}`;
      this.findings.add({ fault, index });
    }
    return state;
  }

  private checkAlive(): void {
    const { ending, written } = this.server;
    if (ending === undefined) return;
    const fault = `the server has ended: ${ending}\n${written}`;
    this.findings.add({ fault, suspects: this.remains.running });
  }

  /** Once nothing is under way any more. */
  private async quietState(): Promise<ServerState | undefined> {
    const end = Date.now() + FREE_MS + 2 * LOOK_EVERY_MS;
    for (;;) {
      const state = await this.look();
      if (!state) return undefined;
      if (isQuiet(state)) return this.server.ask('measure');
      if (Date.now() > end) {
        this.findings.add({ fault: `left in the server: ${describeHeld(state)}` });
        return undefined;
      }
      await sleep(100);
    }
  }

  /** The last timers of those who have left may still run for a moment. */
  private async expectNoGrowth(before: ServerState): Promise<void> {
    const end = Date.now() + FREE_MS;
    for (;;) {
      const after = await this.quietState();
      const faults = after ? faultsOfGrowth(before, after) : [];
      if (faults.length === 0) return;
      if (Date.now() > end) return faults.forEach((fault) => this.findings.add({ fault }));
    }
  }

  /** The application closes while clients are at work: they may see anything, and nothing is left of them. */
  private async closeUnderFire(): Promise<void> {
    if (this.hasCrashed) return;
    const { make, seed, setup, count, size } = this.plan;
    const late = inPool(range(count, count + size), size, async (index) => {
      await make(seed, index, setup).run(this.target);
    });
    await sleep(50);
    const state = await this.server.ask('close').catch((error: unknown) => {
      this.findings.add({ fault: `app.close(): ${String(error)}` });
    });
    await late;
    if (state && !isQuiet(state))
      this.findings.add({ fault: `left after app.close(): ${describeHeld(state)}` });
    this.checkAlive();
  }
}
