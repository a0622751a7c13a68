// Imported, not the globals: a test that fakes the globals' clock still measures.
import { clearInterval, setInterval } from 'node:timers';

const TICK_MS = 10;

/**
 * Milliseconds from its making on, without those in which a busy machine let this process wait: its server and its
 * clients waited as well. For an upper bound; a lower one needs the clock on the wall.
 */
export class OwnTime {
  private passed = 0;
  private last = performance.now();
  private readonly timer = setInterval(() => this.look(), TICK_MS).unref();

  /** Ends the measurement. */
  end(): number {
    clearInterval(this.timer);
    this.look();
    return this.passed;
  }

  /** A tick that comes later than twice its time was held up. */
  private look(): void {
    const now = performance.now();
    this.passed += Math.min(now - this.last, 2 * TICK_MS);
    this.last = now;
  }
}
