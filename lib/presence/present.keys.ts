import type { Present } from '../handles/presence.handle.js';
import type { MemberCard } from './member.card.js';

interface Group {
  readonly cards: Map<string, MemberCard>;
  /** The connection whose card represents the key; determined on demand. */
  speaker: string | undefined;
}

/** Connections by key. */
export class PresentKeys {
  private readonly groups = new Map<string, Group>();

  get size(): number {
    return this.groups.size;
  }

  add(connection: string, card: MemberCard): void {
    const group = this.groups.get(card.key);
    if (!group) {
      this.groups.set(card.key, { cards: new Map([[connection, card]]), speaker: connection });
      return;
    }
    group.cards.set(connection, card);
    const { speaker } = group;
    if (speaker === connection) group.speaker = undefined;
    else if (speaker !== undefined && isLater(connection, speaker, group.cards))
      group.speaker = connection;
  }

  remove(connection: string, key: string): void {
    const group = this.groups.get(key);
    if (!group?.cards.delete(connection)) return;
    if (group.cards.size === 0) this.groups.delete(key);
    else if (group.speaker === connection) group.speaker = undefined;
  }

  clear(): void {
    this.groups.clear();
  }

  at(key: string): Present | undefined {
    const group = this.groups.get(key);
    if (!group) return undefined;
    const { cards } = group;
    group.speaker ??= [...cards.keys()].reduce((first, next) =>
      isLater(next, first, cards) ? next : first,
    );
    return { key, member: cards.get(group.speaker)?.member ?? {}, connections: cards.size };
  }

  keys(): string[] {
    return [...this.groups.keys()];
  }

  /** Sorted by key, the same everywhere. */
  list(): Present[] {
    return inOrder(this.keys()).flatMap((key) => this.at(key) ?? []);
  }
}

/** By code units, independent of any locale. */
export function inOrder(keys: Iterable<string>): string[] {
  // oxlint-disable-next-line unicorn/require-array-sort-compare -- of texts, code units are the default
  return [...keys].toSorted();
}

/** The later card; for equal times, that of the greater id, so that all nodes agree. */
function isLater(one: string, other: string, cards: ReadonlyMap<string, MemberCard>): boolean {
  const difference = (cards.get(one)?.at ?? 0) - (cards.get(other)?.at ?? 0);
  return difference === 0 ? one > other : difference > 0;
}
