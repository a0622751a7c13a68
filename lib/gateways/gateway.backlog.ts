import type { SendLimits } from '../send/send.queue.js';

/** Marks that the policy `'wait'` lets fill: whoever calls `client.send()` cannot be made to wait. */
const MAX_MARKS = 16;

/** What the backlog sees of a client. */
export interface BacklogOwner {
  /** Bytes that are sent and not yet taken by the kernel. */
  readonly bufferedAmount: number;
  onDropped(): void;
  onSlowConsumer(): void;
}

/** Bounds what waits in memory for a client that reads too slowly. */
export class GatewayBacklog {
  private deadline: NodeJS.Timeout | undefined;
  private whenRoom: (() => void)[] = [];

  constructor(
    private readonly owner: BacklogOwner,
    private readonly limits: SendLimits,
  ) {}

  /** @returns Whether one more message may be sent. */
  admit(): boolean {
    if (!this.isAboveMark) return true;
    switch (this.limits.policy) {
      case 'drop':
        this.owner.onDropped();
        return false;
      case 'close':
        this.owner.onSlowConsumer();
        return false;
      case 'wait':
        if (this.owner.bufferedAmount <= this.limits.highWaterMark * MAX_MARKS) return true;
        this.owner.onSlowConsumer();
        return false;
    }
  }

  /** To be called after each message: above the mark the client has until the deadline. */
  onSent(): void {
    if (this.isAboveMark && this.limits.policy === 'wait') this.startDeadline();
  }

  /** To be called each time that something sent has left the process. */
  onFlushed(): void {
    if (this.isAboveMark) return;
    clearTimeout(this.deadline);
    this.deadline = undefined;
    for (const resolve of this.whenRoom.splice(0)) resolve();
  }

  /** For streams that can be paused. Resolves when the client can take more; `undefined` where it can now. */
  room(): Promise<void> | undefined {
    if (!this.isAboveMark) return undefined;
    this.startDeadline();
    return new Promise((resolve) => this.whenRoom.push(resolve));
  }

  close(): void {
    clearTimeout(this.deadline);
    for (const resolve of this.whenRoom.splice(0)) resolve();
  }

  private get isAboveMark(): boolean {
    return this.owner.bufferedAmount > this.limits.highWaterMark;
  }

  private startDeadline(): void {
    this.deadline ??= setTimeout(() => this.owner.onSlowConsumer(), this.limits.timeout);
  }
}
