import type { SendLimits, SlowPolicy } from '../send/send.queue.js';
import { StallWatch, type Stallable } from '../send/stall.watch.js';

/**
 * How many times the policy `'wait'` grants `maxWaiting`, because callers of `client.send()` cannot be made to wait.
 */
const GRANTS = 15;

/** The backlog's view of a client. */
export interface BacklogOwner extends Stallable {
  /** Bytes held in memory until the kernel accepts them. */
  readonly bufferedAmount: number;
  onDropped(): void;
  onSlowConsumer(): void;
}

/** Limits what waits in memory for a client that reads too slowly. */
export class GatewayBacklog {
  private readonly stall: StallWatch;
  /** Messages admitted since the mark was passed. */
  private aboveMark = 0;
  private whenRoom: (() => void)[] = [];

  constructor(
    private readonly owner: BacklogOwner,
    private readonly limits: SendLimits,
  ) {
    this.stall = new StallWatch(limits.timeout, owner, () => owner.onSlowConsumer());
  }

  /** @returns Whether one more message may be sent. */
  admit(policy: SlowPolicy = this.limits.policy): boolean {
    if (!this.isAboveMark) {
      this.aboveMark = 0;
      return true;
    }
    switch (policy) {
      case 'drop':
        this.owner.onDropped();
        return false;
      case 'close':
        this.owner.onSlowConsumer();
        return false;
      case 'wait':
        this.aboveMark += 1;
        if (this.mayWait) return true;
        this.owner.onSlowConsumer();
        return false;
    }
  }

  get isAboveMark(): boolean {
    return this.owner.bufferedAmount > this.limits.highWaterMark;
  }

  /** Whether another handler call may start: only the policy `'wait'` makes calls wait. */
  get admitsCalls(): boolean {
    return this.limits.policy !== 'wait' || !this.isAboveMark;
  }

  /** Call it if the kernel does not accept something at once. */
  watchForStall(): void {
    this.stall.start();
  }

  /** Call it when the kernel has accepted some of the rest. */
  onTaken(): void {
    if (this.isAboveMark) return;
    for (const resolve of this.whenRoom.splice(0)) resolve();
  }

  /** For streams that can be paused. Resolves when the client can take more; `undefined` if it can now. */
  room(): Promise<void> | undefined {
    if (!this.isAboveMark) return undefined;
    this.watchForStall();
    return new Promise((resolve) => this.whenRoom.push(resolve));
  }

  close(): void {
    this.stall.stop();
    for (const resolve of this.whenRoom.splice(0)) resolve();
  }

  private get mayWait(): boolean {
    const { highWaterMark, maxWaiting } = this.limits;
    const isWithinBytes = this.owner.bufferedAmount <= highWaterMark + maxWaiting.bytes * GRANTS;
    return isWithinBytes && this.aboveMark <= maxWaiting.messages * GRANTS;
  }
}
