import type { NodePresence } from '../brokers/room.broker.js';
import type { Present } from '../handles/presence.handle.js';
import { readCard, type MemberCard } from './member.card.js';
import type { PresenceDelta } from './presence.order.js';
import { PresentKeys } from './present.keys.js';

interface NodeEntries {
  change: number;
  readonly cards: Map<string, MemberCard>;
}

/** The members of one room, from a snapshot and the changes after it. */
export class PresenceReplica {
  private readonly nodes = new Map<string, NodeEntries>();
  private readonly present = new PresentKeys();
  /** Nodes that no snapshot has shown: they may be gone, and others may have learned of it before. */
  private readonly unconfirmed = new Set<string>();
  private connections = 0;

  /** Number of connections. */
  get size(): number {
    return this.connections;
  }

  /** Whether a snapshot has shown every node: the broker then reports when they go. */
  get isConfirmed(): boolean {
    return this.unconfirmed.size === 0;
  }

  get keyCount(): number {
    return this.present.size;
  }

  at(key: string): Present | undefined {
    return this.present.at(key);
  }

  list(): Present[] {
    return this.present.list();
  }

  /** Replaces everything. @returns Keys that may have changed. */
  load(snapshot: readonly NodePresence[]): Set<string> {
    const touched = new Set(this.present.keys());
    this.nodes.clear();
    this.unconfirmed.clear();
    this.present.clear();
    this.connections = 0;
    for (const { node, change, entries } of snapshot) {
      const known: NodeEntries = { change, cards: new Map() };
      this.nodes.set(node, known);
      for (const { connection, member } of entries) this.put(known, connection, member, touched);
    }
    return touched;
  }

  /** @returns Keys that may have changed; `undefined` if earlier changes are missing. */
  apply(node: string, delta: PresenceDelta): Set<string> | undefined {
    const touched = new Set<string>();
    const known = this.nodes.get(node);
    if (known && delta.change <= known.change) return touched;
    if (delta.change !== (known?.change ?? 0) + 1 && !delta.isAll) return undefined;
    const entries = known ?? { change: 0, cards: new Map<string, MemberCard>() };
    this.nodes.set(node, entries);
    if (!known) this.unconfirmed.add(node);
    entries.change = delta.change;
    if (delta.isAll)
      for (const connection of entries.cards.keys())
        if (connection !== delta.connection) this.take(entries, connection, touched);
    this.put(entries, delta.connection, delta.member, touched);
    return touched;
  }

  /** The node is gone. @returns Keys that may have changed. */
  drop(node: string): Set<string> {
    const touched = new Set<string>();
    const known = this.nodes.get(node);
    if (!known) return touched;
    for (const connection of known.cards.keys()) this.take(known, connection, touched);
    this.nodes.delete(node);
    this.unconfirmed.delete(node);
    return touched;
  }

  private put(
    entries: NodeEntries,
    connection: string,
    member: string | undefined,
    touched: Set<string>,
  ): void {
    this.take(entries, connection, touched);
    const card = member === undefined ? undefined : readCard(member);
    if (!card) return;
    entries.cards.set(connection, card);
    this.present.add(connection, card);
    this.connections += 1;
    touched.add(card.key);
  }

  private take(entries: NodeEntries, connection: string, touched: Set<string>): void {
    const card = entries.cards.get(connection);
    if (!card) return;
    entries.cards.delete(connection);
    this.present.remove(connection, card.key);
    this.connections -= 1;
    touched.add(card.key);
  }
}
