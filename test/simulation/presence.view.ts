import type { Observable, Subscription } from 'rxjs';
import type { PresenceChange } from '../../lib/handles/presence.handle.js';

/** Who is in a room, as one who watches it is told. */
export class PresenceView {
  readonly keys = new Set<string>();
  /** Whether somebody can say who is there. */
  isKnown = false;
  private hasBegun = false;
  private readonly subscription: Subscription;

  constructor(
    changes: Observable<PresenceChange>,
    /** When it began. */
    readonly since: number,
    private readonly fail: (what: string) => void,
  ) {
    this.subscription = changes.subscribe({
      next: (change) => this.take(change),
      error: (error: unknown) => fail(`it failed: ${String(error)}`),
    });
  }

  end(): void {
    this.subscription.unsubscribe();
  }

  private take(change: PresenceChange): void {
    const { keys } = this;
    if (change.type === 'unknown') this.isKnown = false;
    else if (change.type === 'here') this.takeAll(change.present.map(({ key }) => key));
    else if (!this.hasBegun) this.fail(`is told of ${change.key}, and not who is there`);
    else if (keys.has(change.key) === (change.type === 'joined'))
      this.fail(`is told that ${change.key} has ${change.type}, which it knew`);
    else if (change.type === 'joined') keys.add(change.key);
    else if (change.type === 'left') keys.delete(change.key);
  }

  /** Changes came one by one before. */
  private takeAll(here: readonly string[]): void {
    const [told, before] = [here, [...this.keys]].map((keys) => keys.toSorted().join(' '));
    if (this.hasBegun && told !== before) this.fail(`is told ${told} after ${before}`);
    this.hasBegun = true;
    this.isKnown = true;
    for (const key of here) this.keys.add(key);
  }
}
