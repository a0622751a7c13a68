import type { Held } from './ledger.js';
import { FREE_MS } from './limits.js';
import { sequenceIn } from './tokens.js';

interface Life {
  readonly index: number;
  readonly startedAt: number;
  endedAt: number;
}

/** Which sequence something in the server belongs to, and whether it should be gone. */
export class Remains {
  private readonly byIndex = new Map<number, Life>();
  private readonly byPort = new Map<string, Life[]>();

  /** @returns To be called at its end, with the client's port. */
  begin(index: number): (port: number | undefined) => void {
    const life: Life = { index, startedAt: Date.now(), endedAt: Infinity };
    this.byIndex.set(index, life);
    return (port) => {
      life.endedAt = Date.now();
      const key = String(port);
      this.byPort.set(key, [...(this.byPort.get(key) ?? []), life]);
    };
  }

  /** Those that have begun and not ended. */
  get running(): number[] {
    return [...this.byIndex.values()]
      .filter(({ endedAt }) => endedAt === Infinity)
      .map(({ index }) => index);
  }

  /** What should be gone for long, and whose it is. */
  stale(held: readonly Held[], now = Date.now()): { entry: Held; index: number }[] {
    return held.flatMap((entry) => {
      const life = this.lifeOf(entry);
      return life && now - life.endedAt > FREE_MS ? [{ entry, index: life.index }] : [];
    });
  }

  private lifeOf({ kind, label, since }: Held): Life | undefined {
    const index = sequenceIn(label);
    if (index !== undefined) return this.byIndex.get(index);
    if (kind !== 'socket') return undefined;
    // Ports come again.
    return this.byPort
      .get(label)
      ?.find(({ startedAt, endedAt }) => startedAt <= since && since <= endedAt);
  }
}
