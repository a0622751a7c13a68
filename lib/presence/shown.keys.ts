import { isDeepStrictEqual } from 'node:util';
import type { Present, PresenceChange } from '../handles/presence.handle.js';
import { inOrder } from './present.keys.js';

export interface ShownParts {
  /** Milliseconds for which a member that has left still counts as present. */
  readonly linger: number;
  /** Who is actually present. */
  at(key: string): Present | undefined;
  emit(change: PresenceChange): void;
}

/** The members that watchers know of, and the events to send them next. */
export class ShownKeys {
  private readonly members = new Map<string, object>();
  /** When to report that lingering members have left, earliest first. */
  private readonly lingering = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly parts: ShownParts) {}

  list(): Present[] {
    return inOrder(this.members.keys()).map((key) => {
      const member = this.members.get(key) ?? {};
      return this.parts.at(key) ?? { key, member, connections: 0 };
    });
  }

  /** Members known from the start are reported as a whole instead of one by one. */
  fill(present: readonly Present[]): void {
    for (const { key, member } of present) this.members.set(key, member);
  }

  /** Reports what has changed for these keys. */
  tell(touched: Iterable<string>): void {
    for (const key of inOrder(touched)) {
      const present = this.parts.at(key);
      const shown = this.members.get(key);
      if (present) this.tellPresent(present, shown);
      else if (shown) this.tellAbsent(key);
    }
  }

  /** Members that have left may come back unnoticed. */
  suspend(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.lingering.clear();
  }

  /** All keys, to be checked as after a snapshot. */
  keys(): Iterable<string> {
    return this.members.keys();
  }

  private tellPresent({ key, member }: Present, shown: object | undefined): void {
    this.lingering.delete(key);
    this.members.set(key, member);
    if (!shown) this.parts.emit({ type: 'joined', key, member });
    else if (!isDeepStrictEqual(shown, member)) this.parts.emit({ type: 'updated', key, member });
  }

  private tellAbsent(key: string): void {
    const { linger } = this.parts;
    if (linger === 0) this.tellLeft(key);
    else if (!this.lingering.has(key)) {
      this.lingering.set(key, performance.now() + linger);
      this.schedule(linger);
    }
  }

  private tellLeft(key: string): void {
    const member = this.members.get(key);
    if (member && this.members.delete(key)) this.parts.emit({ type: 'left', key, member });
  }

  private schedule(delay: number): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.tellDue();
    }, delay).unref();
  }

  private tellDue(): void {
    const now = performance.now();
    for (const [key, time] of this.lingering) {
      // A timer may fire some tenths of a millisecond early.
      if (time - now >= 1) {
        this.schedule(Math.ceil(time - now));
        return;
      }
      this.lingering.delete(key);
      this.tellLeft(key);
    }
  }
}
