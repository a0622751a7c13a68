import type {
  BrokerEvents,
  BrokerLink,
  HistoryPage,
  HistoryStep,
  HistoryStore,
  PresenceStore,
  PublishOptions,
  PublishReceipt,
  RoomBroker,
  RoomKey,
  RoomPosition,
} from '../../lib/brokers/room.broker.js';
import { FaultyWire } from './faulty.wire.js';
import type { SimulatedServer } from './simulated.server.js';

/** What the simulation hears of packets that reach a node. */
export type OnDelivery = (room: RoomKey) => void;

/**
 * The broker, as one node sees it. As with Redis, commands and subscriptions have a connection each: what comes by one
 * keeps its order, and the other can be lost alone.
 */
export class SimulatedBroker implements RoomBroker {
  readonly name = 'SimulatedBroker';
  readonly capabilities = { history: true, presence: true };
  link: SimulatedLink | undefined;
  /** Whether it can be reached at all. */
  isReachable = true;

  constructor(
    private readonly server: SimulatedServer,
    private readonly onDelivery: OnDelivery,
  ) {}

  async connect(events: BrokerEvents): Promise<BrokerLink> {
    const { server } = this;
    await new Promise<void>((resolve) => server.clock.after(server.random.below(20), resolve));
    if (!this.isReachable) throw new Error('cannot be reached');
    this.link = new SimulatedLink(server, events, this.onDelivery);
    server.links.add(this.link);
    return this.link;
  }
}

export class SimulatedLink implements BrokerLink {
  readonly commands: FaultyWire;
  readonly subscriptions: FaultyWire;
  readonly history: HistoryStore;
  readonly presence: PresenceStore;
  /** Whether it is told of nodes that are gone. */
  private hearsOfNodes = true;
  /** Probabilities for packets with history. */
  loss = 0;
  duplication = 0;

  constructor(
    private readonly server: SimulatedServer,
    readonly events: BrokerEvents,
    private readonly onDelivery: OnDelivery,
  ) {
    this.commands = new FaultyWire(server.clock, server.random);
    this.subscriptions = new FaultyWire(server.clock, server.random);
    this.history = { read: this.read, positions: this.positions };
    this.presence = this.presenceStore();
  }

  get isUp(): boolean {
    return this.commands.isUp && this.subscriptions.isUp;
  }

  subscribe(rooms: readonly RoomKey[]): Promise<void> {
    return this.subscriptions.ask(() => {
      for (const room of rooms) this.server.subscribe(room, this);
    });
  }

  unsubscribe(rooms: readonly RoomKey[]): Promise<void> {
    return this.subscriptions.ask(() => {
      for (const room of rooms) this.server.unsubscribe(room, this);
    });
  }

  publish(room: RoomKey, packet: Buffer, options: PublishOptions = {}): Promise<PublishReceipt> {
    return this.commands.ask(() => this.server.publish(room, packet, options));
  }

  async close(): Promise<void> {
    this.die();
  }

  /** A packet of a room on its way to the node. */
  carry(room: RoomKey, packet: Buffer, step: HistoryStep | undefined): void {
    const { random } = this.server;
    if (step && random.chance(this.loss)) return;
    const tell = (): void => {
      this.onDelivery(room);
      this.events.onPacket(room, packet, step);
    };
    this.subscriptions.back(tell);
    if (!step || !random.chance(this.duplication)) return;
    if (random.chance(0.5)) this.subscriptions.back(tell);
    else this.server.clock.after(random.below(500), () => this.subscriptions.back(tell));
  }

  /** A lease has run out, or was given up. */
  tellGone(node: string): void {
    if (this.hearsOfNodes) this.subscriptions.back(() => this.events.onNodeGone(node));
  }

  /** The subscriptions are gone, and nobody has noticed yet. */
  halve(): void {
    this.unsubscribeAll();
    this.subscriptions.drop();
  }

  /** @param onlySubscriptions Commands go on. */
  cut(onlySubscriptions = false): void {
    if (!this.subscriptions.isUp) return;
    this.unsubscribeAll();
    this.subscriptions.cut();
    if (!onlySubscriptions) this.commands.cut();
    this.events.onLost();
  }

  /** Everything about it is as it should be. */
  mend(): void {
    this.loss = 0;
    this.duplication = 0;
    this.commands.latency = 10;
    this.subscriptions.latency = 10;
    for (const wire of [this.commands, this.subscriptions]) wire.release();
    if (this.isUp || this.subscriptions.isDead) return;
    this.commands.mend();
    this.subscriptions.mend();
    this.hearsOfNodes = true;
    this.events.onReady();
  }

  /** Its node is gone. */
  die(): void {
    this.unsubscribeAll();
    this.server.links.delete(this);
    this.commands.die();
    this.subscriptions.die();
  }

  private unsubscribeAll(): void {
    this.hearsOfNodes = false;
    this.server.unsubscribeAll(this);
  }

  private presenceStore(): PresenceStore {
    const { commands } = this;
    const { presences } = this.server;
    return {
      renew: (node, ms) => commands.ask(() => presences.renew(node, ms, this)),
      write: (node, changes) => commands.ask(() => presences.write(node, changes, this)),
      writeCount: (node, room, connections) =>
        commands.ask(() => presences.writeCount(node, room, connections, this)),
      read: (room) => commands.ask(() => presences.read(room)),
      count: (room) => commands.ask(() => presences.count(room)),
      leave: (node) => commands.ask(() => presences.leave(node)),
    };
  }

  private readonly read = (
    room: RoomKey,
    after: RoomPosition | undefined,
    limit: number,
  ): Promise<HistoryPage> => this.commands.ask(() => this.server.read(room, after, limit));

  private readonly positions = (rooms: readonly RoomKey[]): Promise<readonly RoomPosition[]> =>
    this.commands.ask(() => this.server.positions(rooms));
}
