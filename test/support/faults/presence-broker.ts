import type {
  BrokerEvents,
  BrokerLink,
  NodePresence,
  PresenceStore,
  RoomBroker,
  RoomKey,
} from 'nestjs-revali-ws';

interface Stored {
  change: number;
  connections: number;
  readonly entries: Map<string, string>;
}

/** Does work of a lane, in the order of the lane. */
export type Lanes = (lane: string, work: () => void, isPacket: boolean) => void;

const atOnce: Lanes = (_lane, work) => work();

/** Keeps who is where for several applications of a test, which says when links break and applications die. */
export class PresenceBroker implements RoomBroker {
  readonly name = 'PresenceBroker';
  readonly capabilities = { presence: true };
  readonly links: PresenceLink[] = [];
  readonly rooms = new Map<RoomKey, Map<string, Stored>>();
  readonly leases = new Map<string, number>();
  /** What the store was asked for. */
  readonly calls: string[] = [];

  constructor(readonly lanes: Lanes = atOnce) {}

  connect(events: BrokerEvents): Promise<PresenceLink> {
    return Promise.resolve(this.link(events));
  }

  link(events: BrokerEvents): PresenceLink {
    const link = new PresenceLink(this, events, this.links.length);
    this.links.push(link);
    return link;
  }

  /** @returns Whether the lease was held. */
  renew(node: string, ms: number): boolean {
    const until = this.leases.get(node);
    const wasHeld = until !== undefined && until > performance.now();
    // Nobody has looked yet.
    if (until !== undefined && !wasHeld) this.end(node);
    this.leases.set(node, performance.now() + ms);
    return wasHeld;
  }

  /** Looks for leases that have run out. */
  sweep(): void {
    for (const [node, time] of this.leases) if (time <= performance.now()) this.end(node);
  }

  /** As a server does that starts again, empty. */
  forget(): void {
    this.rooms.clear();
    this.leases.clear();
  }

  end(node: string): void {
    this.leases.delete(node);
    for (const nodes of this.rooms.values()) nodes.delete(node);
    for (const link of this.links) link.receive((events) => events.onNodeGone(node));
  }

  stored(room: RoomKey, node: string): Stored {
    const nodes = this.rooms.get(room) ?? new Map<string, Stored>();
    this.rooms.set(room, nodes);
    const stored = nodes.get(node) ?? { change: 0, connections: 0, entries: new Map() };
    nodes.set(node, stored);
    return stored;
  }

  *living(room: RoomKey): Generator<[string, Stored]> {
    for (const [node, stored] of this.rooms.get(room) ?? [])
      if ((this.leases.get(node) ?? 0) > performance.now()) yield [node, stored];
  }
}

export class PresenceLink implements BrokerLink {
  state: 'up' | 'lost' | 'dead' = 'up';
  /** Whether what was under way when the link broke had come through. */
  cameThrough = false;
  readonly presence: PresenceStore;
  readonly subscribed = new Set<RoomKey>();
  private life = 0;

  constructor(
    private readonly broker: PresenceBroker,
    private readonly events: BrokerEvents,
    private readonly index: number,
  ) {
    this.presence = this.store();
  }

  lose(cameThrough = false): void {
    if (this.state !== 'up') return;
    this.state = 'lost';
    this.life += 1;
    this.cameThrough = cameThrough;
    this.subscribed.clear();
    this.events.onLost();
  }

  recover(): void {
    if (this.state !== 'lost') return;
    this.state = 'up';
    this.life += 1;
    this.events.onReady();
  }

  /** As kill -9 does: nothing goes, nothing comes, and nobody is told. */
  kill(): void {
    this.state = 'dead';
    this.life += 1;
    this.subscribed.clear();
  }

  receive(tell: (events: BrokerEvents) => void, isPacket = false): void {
    const { life } = this;
    if (this.state !== 'up') return;
    const work = (): void => {
      if (this.life === life) tell(this.events);
    };
    this.broker.lanes(`in ${this.index}`, work, isPacket);
  }

  subscribe(rooms: readonly RoomKey[]): Promise<void> {
    return this.ask('subscribe', () => rooms.forEach((room) => this.subscribed.add(room)));
  }

  unsubscribe(rooms: readonly RoomKey[]): Promise<void> {
    return this.ask('unsubscribe', () => rooms.forEach((room) => this.subscribed.delete(room)));
  }

  publish(room: RoomKey, packet: Buffer): Promise<object> {
    return this.ask('publish', () => {
      for (const link of this.broker.links)
        if (link.subscribed.has(room))
          link.receive((events) => events.onPacket(room, packet), true);
      return {};
    });
  }

  close(): Promise<void> {
    this.kill();
    return Promise.resolve();
  }

  private store(): PresenceStore {
    const { broker } = this;
    return {
      renew: (node, ms) => this.ask('renew', () => broker.renew(node, ms)),
      write: (node, changes) =>
        this.ask(`write ${changes.length}`, () => {
          for (const { room, change, connection, member } of changes) {
            const stored = broker.stored(room, node);
            stored.change = change;
            if (member === undefined) stored.entries.delete(connection);
            else stored.entries.set(connection, member);
            stored.connections = stored.entries.size;
          }
        }),
      writeCount: (node, room, connections) =>
        this.ask(`writeCount ${connections}`, () => {
          broker.stored(room, node).connections = connections;
        }),
      read: (room) => this.ask('read', () => [...broker.living(room)].map(presenceOf)),
      count: (room) =>
        this.ask('count', () =>
          [...broker.living(room)].reduce((sum, [, { connections }]) => sum + connections, 0),
        ),
      leave: (node) => this.ask('leave', () => broker.end(node)),
    };
  }

  private ask<T>(call: string, work: () => T): Promise<T> {
    const { life } = this;
    this.broker.calls.push(call);
    return new Promise((resolve, reject) => {
      const answer = (): void => {
        if (this.state === 'dead') return;
        if (this.life === life && this.state === 'up') {
          resolve(work());
          return;
        }
        if (this.cameThrough && this.life === life + 1) work();
        reject(new Error('the link is lost'));
      };
      this.broker.lanes(`ask ${this.index}`, answer, false);
    });
  }
}

function presenceOf([node, { change, connections, entries }]: [string, Stored]): NodePresence {
  return {
    node,
    change,
    connections,
    entries: [...entries].map(([connection, member]) => ({ connection, member })),
  };
}
