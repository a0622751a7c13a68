import type { NodePresence, PresenceChangeRecord, RoomKey } from '../room.broker.js';
import type { Recipient } from './command.queue.js';

/** Milliseconds that data of a node without a lease so far is kept. */
const UNLEASED_AGE = 60_000;

interface Lease {
  readonly until: number;
  readonly timer: NodeJS.Timeout;
}

interface RoomRecord {
  change: number;
  /** JSON, keyed by the id of the connection. */
  readonly members: Map<string, string>;
  connections: number;
}

interface NodeRecord {
  readonly rooms: Map<RoomKey, RoomRecord>;
  /** Whether it has ever held a lease: only then is its end announced. */
  hasLived: boolean;
  owner: Recipient;
  lease: Lease;
}

export interface PresenceEnds {
  /** The lease has expired: commands that came earlier run before `end()`. */
  readonly schedule: (end: () => void) => void;
  /** @param owner The link that held the lease. */
  readonly onGone: (node: string, owner: Recipient) => void;
}

/** Presence by node. */
export class NodePresences {
  private readonly nodes = new Map<string, NodeRecord>();

  constructor(private readonly ends: PresenceEnds) {}

  /** Number of nodes. */
  get size(): number {
    return this.nodes.size;
  }

  /** @returns Whether it was held. */
  renew(node: string, ms: number, owner: Recipient): boolean {
    const record = this.recordOf(node, owner);
    clearTimeout(record.lease.timer);
    const wasHeld = record.hasLived;
    record.owner = owner;
    record.hasLived = true;
    record.lease = this.leaseFor(node, ms);
    return wasHeld;
  }

  write(node: string, changes: readonly PresenceChangeRecord[], owner: Recipient): void {
    const { rooms } = this.recordOf(node, owner);
    for (const { room, change, connection, member } of changes) {
      const record = roomIn(rooms, room);
      record.change = change;
      if (member === undefined) record.members.delete(connection);
      else record.members.set(connection, member);
      dropIfEmpty(rooms, room, record);
    }
  }

  writeCount(node: string, room: RoomKey, connections: number, owner: Recipient): void {
    const { rooms } = this.recordOf(node, owner);
    const record = roomIn(rooms, room);
    record.connections = connections;
    dropIfEmpty(rooms, room, record);
  }

  read(room: RoomKey): readonly NodePresence[] {
    return this.living(room).map(([node, { change, members, connections }]) => ({
      node,
      change,
      entries: Array.from(members, ([connection, member]) => ({ connection, member })),
      connections,
    }));
  }

  count(room: RoomKey): number {
    let sum = 0;
    for (const [, { members, connections }] of this.living(room)) sum += members.size + connections;
    return sum;
  }

  leave(node: string): void {
    const record = this.nodes.get(node);
    if (!record) return;
    this.nodes.delete(node);
    clearTimeout(record.lease.timer);
    if (record.hasLived) this.ends.onGone(node, record.owner);
  }

  /** Notifies nobody. */
  clear(): void {
    for (const { lease } of this.nodes.values()) clearTimeout(lease.timer);
    this.nodes.clear();
  }

  private living(room: RoomKey): [string, RoomRecord][] {
    const now = Date.now();
    const found: [string, RoomRecord][] = [];
    for (const [node, { rooms, hasLived, lease }] of this.nodes) {
      const record = rooms.get(room);
      if (record && hasLived && now < lease.until) found.push([node, record]);
    }
    return found;
  }

  private recordOf(node: string, owner: Recipient): NodeRecord {
    const present = this.nodes.get(node);
    if (present && Date.now() < present.lease.until) return present;
    // Readers no longer see the node: it must not come back with its old data.
    this.leave(node);
    const lease = this.leaseFor(node, UNLEASED_AGE);
    const record: NodeRecord = { rooms: new Map(), hasLived: false, owner, lease };
    this.nodes.set(node, record);
    return record;
  }

  private leaseFor(node: string, ms: number): Lease {
    const end = (): void => {
      // It may have been renewed while its end waited.
      if (this.nodes.get(node)?.lease === lease) this.leave(node);
    };
    const timer = setTimeout(() => this.ends.schedule(end), ms).unref();
    const lease: Lease = { until: Date.now() + ms, timer };
    return lease;
  }
}

function roomIn(rooms: Map<RoomKey, RoomRecord>, room: RoomKey): RoomRecord {
  const present = rooms.get(room);
  if (present) return present;
  const record: RoomRecord = { change: 0, members: new Map(), connections: 0 };
  rooms.set(room, record);
  return record;
}

/** Rooms come and go while their node lives. */
function dropIfEmpty(rooms: Map<RoomKey, RoomRecord>, room: RoomKey, record: RoomRecord): void {
  if (record.members.size === 0 && record.connections === 0) rooms.delete(room);
}
