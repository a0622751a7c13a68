/** A room in the broker: `<kind>/<name>`. */
export type RoomKey = string;

/** Selects rooms: for a broker with several servers, those of one server. */
export type RoomFilter = (room: RoomKey) => boolean;

/** A place in the history of a room. */
export interface RoomPosition {
  /**
   * Grows with the messages of the room: by one, or by more if the broker counts messages of many rooms together; 0
   * before the first.
   */
  readonly offset: number;
  /** Eight random hexadecimal digits of this message alone: the same offset in another history has another tag. */
  readonly tag: string;
}

/** A message's place, and the one before it: the next message shows whether any is missing. */
export interface HistoryStep extends RoomPosition {
  /** The tag of the previous message. If the broker does not know it, a tag that no message has. */
  readonly prev: string;
  /** The offset of the previous message. Default: `offset - 1`. */
  readonly prevOffset?: number;
}

/** How much history of a room the broker keeps: both limits apply. */
export interface HistoryLimits {
  /** Messages of a room. */
  readonly messages: number;
  /** Age of a message, in ms. */
  readonly age: number;
}

/** How to treat a packet in addition to delivering it. */
export interface PublishOptions {
  /** `undefined`: the packet is not kept, and has no position. */
  readonly history?: HistoryLimits | undefined;
  /** The same id within two minutes is accepted once: the second time, the first position is the answer. */
  readonly id?: string | undefined;
}

/** The broker has accepted a packet. */
export interface PublishReceipt {
  /** Present with history. */
  readonly position?: RoomPosition;
}

/** A packet from the history. */
export interface HistoryEntry {
  /** Its place. */
  readonly step: HistoryStep;
  /** As published. */
  readonly packet: Buffer;
  /** When it was accepted, in ms since 1970. */
  readonly time: number;
}

/** A part of the history. */
export interface HistoryPage {
  /** Oldest first, without gaps. */
  readonly entries: readonly HistoryEntry[];
  /** The position of the newest message, or of the room before its first one. */
  readonly last: RoomPosition;
}

/** A broker's history of rooms. A room that it does not know gets a first position, with its own tag. */
export interface HistoryStore {
  /**
   * Reads messages after a position. The caller checks whether the first entry follows it.
   *
   * @param after `undefined`: the newest `limit` entries.
   */
  read(room: RoomKey, after: RoomPosition | undefined, limit: number): Promise<HistoryPage>;
  /** The positions of the newest messages, in the order of the rooms. */
  positions(rooms: readonly RoomKey[]): Promise<readonly RoomPosition[]>;
}

/** One present connection, as its node wrote it. */
export interface PresenceEntry {
  /** The id of the connection. */
  readonly connection: string;
  /** JSON. */
  readonly member: string;
}

/** All connections of one node in one room. */
export interface NodePresence {
  /** The node's id. */
  readonly node: string;
  /** The node's last change in this room that the entries contain: later ones arrive as packets. */
  readonly change: number;
  /** One for each connection. */
  readonly entries: readonly PresenceEntry[];
  /** Number of connections, if entries are not kept. */
  readonly connections: number;
}

/** One change of a node in a room. */
export interface PresenceChangeRecord {
  /** The room that changes. */
  readonly room: RoomKey;
  /** Counts the node's changes in this room. */
  readonly change: number;
  /** The connection's id. */
  readonly connection: string;
  /** JSON; `undefined` if the connection has left. */
  readonly member: string | undefined;
}

/** Stores which members are in which rooms, by node: what a node has written is gone when its lease expires. */
export interface PresenceStore {
  /**
   * Holds the lease of the node for `ms` from now. Without a lease, nothing of the node is read.
   *
   * @returns `true`: it was held. `false`: it is new, and everything the node had written is gone: write it again.
   */
  renew(node: string, ms: number): Promise<boolean>;
  /** Accepts changes, in order. */
  write(node: string, changes: readonly PresenceChangeRecord[]): Promise<void>;
  /** For kinds that only count. */
  writeCount(node: string, room: RoomKey, connections: number): Promise<void>;
  /** Reads live nodes only. */
  read(room: RoomKey): Promise<readonly NodePresence[]>;
  /** Counts connections of live nodes only. */
  count(room: RoomKey): Promise<number>;
  /** Gives up the lease and everything that the node has written; `onNodeGone()` tells the others. */
  leave(node: string): Promise<void>;
}

/** Events that a broker sends to an application. */
export interface BrokerEvents {
  /** A packet of a subscribed room, in the order that `capabilities` states. @param step Present with history. */
  onPacket(room: RoomKey, packet: Buffer, step?: HistoryStep): void;
  /** Packets may be missed from now on. Subscriptions are gone. @param rooms Default: all. */
  onLost(rooms?: RoomFilter): void;
  /** The link is back, without subscriptions. @param rooms The same as for `onLost()`. */
  onReady(rooms?: RoomFilter): void;
  /**
   * A node has left, or its lease has expired: none of its connections is present any more. On one link, it is in order
   * with packets: packets that the node published earlier come first.
   *
   * @param rooms Where it is gone: a broker with several servers calls it once for each. Default: everywhere.
   */
  onNodeGone(node: string, rooms?: RoomFilter): void;
}

/** One application's link to a broker. */
export interface BrokerLink {
  /** Present if the broker keeps history. */
  readonly history?: HistoryStore;
  /** Present if the broker keeps presence. */
  readonly presence?: PresenceStore;
  /** Resolves when the broker has confirmed: anything published after that arrives. */
  subscribe(rooms: readonly RoomKey[]): Promise<void>;
  /** Resolves when the broker has confirmed. */
  unsubscribe(rooms: readonly RoomKey[]): Promise<void>;
  /** Resolves when the broker has accepted the packet. */
  publish(room: RoomKey, packet: Buffer, options?: PublishOptions): Promise<PublishReceipt>;
  /** Gives up the link. It delivers nothing afterwards. */
  close(): Promise<void>;
}

/** Optional features of a broker, in addition to carrying packets. */
export interface BrokerCapabilities {
  /** Keeps history. Default: false. */
  readonly history?: boolean;
  /** Keeps presence. Default: false. */
  readonly presence?: boolean;
  /**
   * The order in which packets without history arrive: one order for all links of a room, or only that of each sender.
   * Default: `'room'`.
   */
  readonly order?: 'room' | 'sender';
}

/** What an application tells the broker about itself. */
export interface BrokerConnectOptions {
  /** Goes before every name in the broker: applications with different prefixes share nothing. */
  readonly prefix: string;
  /**
   * How much history each kind of rooms keeps, by the kind's name. Kinds are added while the application runs. A broker
   * with a separate store for each kind uses these limits to create it. Default: the limits of the first publish.
   */
  readonly histories?: ReadonlyMap<string, HistoryLimits>;
}

/** Carries broadcasts between applications. Implement it for a broker that this package does not support. */
export interface RoomBroker {
  /** The name in errors and logs. */
  readonly name: string;
  /** Kinds of rooms that need more are refused at startup. Default: neither. */
  readonly capabilities?: BrokerCapabilities;
  /** Resolves when the link can be used. */
  connect(events: BrokerEvents, options?: BrokerConnectOptions): Promise<BrokerLink>;
}
