/** Milliseconds between two lines. */
const INTERVAL = 10_000;

/** Lines for which clients give reason: at most one in ten seconds, however often they do. */
export class ThrottledLog {
  private nextLineAt = 0;
  private suppressed = 0;

  constructor(private readonly write: (line: string) => void) {}

  /** @param text Asked for where the line is written. */
  add(text: () => string): void {
    const now = performance.now();
    if (now < this.nextLineAt) {
      this.suppressed += 1;
      return;
    }
    const more = this.suppressed > 0 ? ` (${this.suppressed} more since the last line)` : '';
    this.nextLineAt = now + INTERVAL;
    this.suppressed = 0;
    this.write(`${text()}${more}`);
  }
}
