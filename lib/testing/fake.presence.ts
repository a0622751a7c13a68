import { isDeepStrictEqual } from 'node:util';
import { Observable } from 'rxjs';
import type { WebSocketConnection } from '../handles/connection.handles.js';
import type { Present, PresenceChange } from '../handles/presence.handle.js';
import { isCardOf, isSameCard, readCard } from '../presence/member.card.js';

type Watcher = (change: PresenceChange) => void;

/** The members of a fake room, as others see each connection. */
export class FakePresence {
  private readonly cards = new Map<WebSocketConnection<object>, string>();
  private readonly watchers = new Set<Watcher>();

  get connections(): number {
    return this.cards.size;
  }

  isOf(key: string, connection: WebSocketConnection<object>): boolean {
    return isCardOf(this.cards.get(connection) ?? '', key);
  }

  list(): Present[] {
    const present = new Map<string, Present>();
    for (const text of this.cards.values()) {
      const card = readCard(text);
      if (!card) continue;
      const { key, member } = card;
      const connections = (present.get(key)?.connections ?? 0) + 1;
      present.set(key, { key, member, connections });
    }
    return [...present.values()].toSorted((one, other) => (one.key < other.key ? -1 : 1));
  }

  watch(): Observable<PresenceChange> {
    return new Observable((subscriber) => {
      const watcher: Watcher = (change) => subscriber.next(change);
      watcher({ type: 'here', present: this.list() });
      this.watchers.add(watcher);
      return () => this.watchers.delete(watcher);
    });
  }

  set(connection: WebSocketConnection<object>, card: string): void {
    const key = readCard(card)?.key;
    const before = this.list().find((each) => each.key === key);
    const known = this.cards.get(connection);
    if (known !== undefined && isSameCard(known, card)) return;
    if (known !== undefined && readCard(known)?.key !== key) this.delete(connection);
    this.cards.delete(connection);
    this.cards.set(connection, card);
    const now = this.list().find((each) => each.key === key);
    if (now && !isDeepStrictEqual(now.member, before?.member))
      this.tell({ type: before ? 'updated' : 'joined', key: now.key, member: now.member });
  }

  delete(connection: WebSocketConnection<object>): void {
    const card = readCard(this.cards.get(connection) ?? '');
    this.cards.delete(connection);
    if (card && !this.list().some(({ key }) => key === card.key))
      this.tell({ type: 'left', key: card.key, member: card.member });
  }

  private tell(change: PresenceChange): void {
    for (const watcher of this.watchers) watcher(change);
  }
}
