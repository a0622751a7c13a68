const TICK = 100;
/** A tick that comes later than this has been held up. */
const TOLERANCE = 200;

/** How long this process did not get to run, for judging what it has measured. */
export class Stalls {
  private readonly all: { readonly at: number; readonly ms: number }[] = [];
  private readonly timer: NodeJS.Timeout;
  private last = performance.now();

  constructor() {
    this.timer = setInterval(() => this.tick(), TICK);
  }

  /** Milliseconds, from a moment of `performance.now()` on. */
  since(moment: number): number {
    return this.all.filter(({ at }) => at > moment).reduce((sum, { ms }) => sum + ms, 0);
  }

  close(): void {
    clearInterval(this.timer);
  }

  private tick(): void {
    const now = performance.now();
    const ms = now - this.last - TICK;
    if (ms > TOLERANCE) this.all.push({ at: now, ms });
    this.last = now;
  }
}
