import { AsyncResource } from 'node:async_hooks';

/** A job that had no room in its own turn. */
interface Job {
  readonly run: () => void;
  /** Whose asynchronous context it keeps. */
  readonly scope: AsyncResource;
}

/** Does short jobs soon: a number of them in each turn of the event loop, so that other work comes in between. */
export class TurnShare {
  private left: number;
  private isScheduled = false;
  private readonly waiting: Job[] = [];

  constructor(private readonly perTurn: number) {
    this.left = perTurn;
  }

  /** Never runs the job before it returns. The job must not throw. */
  soon(job: () => void): void {
    if (this.left > 0) queueMicrotask(job);
    else this.waiting.push({ run: job, scope: new AsyncResource('NestjsRevaliWsTurn') });
    this.left -= 1;
    // Not earlier: a single job need not pay for it.
    if (this.left <= 0) this.schedule();
  }

  private schedule(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    setImmediate(this.nextTurn);
  }

  private readonly nextTurn = (): void => {
    this.isScheduled = false;
    const due = this.waiting.splice(0, this.perTurn);
    this.left = this.perTurn - due.length;
    if (this.left === 0) this.schedule();
    for (const { run, scope } of due) scope.runInAsyncScope(run);
  };
}
