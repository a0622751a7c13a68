/** Can be compared with the broker. */
export interface Checkable {
  /** @param since In ms since 1970. */
  checkSilent(since: number): Promise<void>;
}

/** Regularly compares silent rooms with the broker: if the last message was lost, no later one shows it. */
export class PositionCheck {
  private timer: NodeJS.Timeout | undefined;
  private isChecking = false;

  /** @param interval Milliseconds. */
  constructor(
    private readonly interval: number,
    private readonly rooms: Checkable,
  ) {}

  /** Starts with the first room to compare. */
  start(): void {
    this.timer ??= setInterval(() => void this.check(), this.interval).unref();
  }

  close(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private async check(): Promise<void> {
    if (this.isChecking) return;
    this.isChecking = true;
    try {
      await this.rooms.checkSilent(Date.now() - this.interval);
    } catch {
      // The broker is down: everything is compared when it is back.
    } finally {
      this.isChecking = false;
    }
  }
}
