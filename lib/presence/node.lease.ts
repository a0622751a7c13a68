export interface LeaseParts {
  /** Milliseconds. */
  readonly ms: number;
  isReady(): boolean;
  /** @returns Whether it was held. */
  renew(): Promise<boolean>;
  /** The lease has expired: the others consider everyone of this node gone. */
  onExpired(): void;
  onFailed(error: unknown): void;
}

/** The lease of one application, renewed while it has something to hold. */
export class NodeLease {
  /** When the last successful renewal was requested. */
  private renewedAt: number | undefined;
  private timer: NodeJS.Timeout | undefined;
  private isHeld = false;
  /** Whether a renewal has failed since then: the lost answer may have said that the lease had expired. */
  private isUncertain = false;

  constructor(private readonly parts: LeaseParts) {}

  /** Call it before the first write, and whenever the lease may have been lost. @throws Errors of the store. */
  async hold(): Promise<void> {
    this.isHeld = true;
    const { renewedAt } = this;
    if (renewedAt === undefined || performance.now() - renewedAt >= this.parts.ms / 2)
      await this.renew();
    this.schedule();
  }

  /** The store may have lost it: `hold()` renews it. */
  doubt(): void {
    this.renewedAt = undefined;
  }

  /** Nothing is held: it may expire. */
  drop(): void {
    this.isHeld = false;
    this.renewedAt = undefined;
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private schedule(): void {
    if (!this.isHeld || this.timer) return;
    this.timer = setTimeout(() => void this.onTime(), this.parts.ms / 3).unref();
  }

  private async onTime(): Promise<void> {
    try {
      if (this.parts.isReady()) await this.renew();
    } catch (error) {
      this.parts.onFailed(error);
    }
    this.timer = undefined;
    this.schedule();
  }

  private async renew(): Promise<void> {
    const before = this.renewedAt;
    const now = performance.now();
    const wasHeld = await this.ask();
    if (!this.isHeld) return;
    this.renewedAt = now;
    if (before !== undefined && !wasHeld) this.parts.onExpired();
  }

  private async ask(): Promise<boolean> {
    try {
      const wasHeld = await this.parts.renew();
      const isCertain = !this.isUncertain;
      this.isUncertain = false;
      return wasHeld && isCertain;
    } catch (error) {
      this.isUncertain = true;
      throw error;
    }
  }
}
