import type { BroadcastAnswer } from './node.process.js';
import type { Broadcast } from './told.js';

/** What was sent, and what became of it. */
export class Ledger {
  private readonly byText = new Map<string, Broadcast>();
  private readonly counts = new Map<string, number>();
  private readonly errors = new Map<string, number>();

  /** @param sender One life of one process. */
  add(sender: string, room: string): Broadcast {
    const key = `${room} ${sender}`;
    const count = (this.counts.get(key) ?? 0) + 1;
    this.counts.set(key, count);
    const text = `${room} ${sender} ${count}`;
    const broadcast: Broadcast = {
      text,
      room,
      sender,
      count,
      outcome: 'unknown',
      isAnswered: false,
      position: undefined,
    };
    this.byText.set(text, broadcast);
    return broadcast;
  }

  /** An answer. One that was repeated may be accepted after it was unknown, but never the other way. */
  note({ text, outcome, position, error }: BroadcastAnswer): void {
    const broadcast = this.byText.get(text);
    if (!broadcast) throw new Error(`Nobody has sent "${text}"`);
    if (error !== undefined) this.errors.set(error, (this.errors.get(error) ?? 0) + 1);
    broadcast.isAnswered = true;
    if (broadcast.outcome === 'accepted') return;
    if (outcome === 'refused' && this.repeated.has(text)) return;
    broadcast.outcome = outcome;
    broadcast.position = position;
  }

  /** Texts that another node is asked to broadcast once more, under the same id. */
  readonly repeated = new Set<string>();

  get(text: string): Broadcast | undefined {
    return this.byText.get(text);
  }

  /** @param kind Of rooms. */
  of(kind: string): Broadcast[] {
    return [...this.byText.values()].filter(({ room }) => room.startsWith(`${kind}/`));
  }

  /** What nodes said of broadcasts that failed, and how often. */
  get failures(): ReadonlyMap<string, number> {
    return this.errors;
  }
}
