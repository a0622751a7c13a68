/** Milliseconds between two lines. */
const INTERVAL = 10_000;

/** Logs lines that clients cause: at most one in ten seconds, however often they cause it. */
export class ThrottledLog {
  private nextLineAt = 0;
  private suppressed = 0;

  constructor(private readonly write: (line: string) => void) {}

  /** @param text Called if the line is written. */
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
