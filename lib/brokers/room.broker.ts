/** A room in the broker: `<kind>/<name>`. */
export type RoomKey = string;

/** Which rooms: of a broker with several servers, those of one. */
export type RoomFilter = (room: RoomKey) => boolean;

/** A place in the history of a room. */
export interface RoomPosition {
  /** Grows with the messages of the room, by one or, where the broker counts for many rooms, by more; 0 before the first. */
  readonly offset: number;
  /** Eight random hexadecimal digits of this message alone: another history with the same offset has another tag. */
  readonly tag: string;
}

/** A message's place, and the one before it: what is missing shows at the next message. */
export interface HistoryStep extends RoomPosition {
  /** The tag of the message before. Where the broker cannot tell, one that no message has. */
  readonly prev: string;
  /** The offset of the message before. Default: `offset - 1`. */
  readonly prevOffset?: number;
}

/** How much of a room the broker keeps: both bounds hold. */
export interface HistoryLimits {
  /** Of a room. */
  readonly messages: number;
  /** Milliseconds. */
  readonly age: number;
}

/** What becomes of a packet besides being told. */
export interface PublishOptions {
  /** `undefined`: the packet is not kept, and has no position. */
  readonly history?: HistoryLimits | undefined;
  /** The same id within two minutes is accepted once: the second time, the first position is the answer. */
  readonly id?: string | undefined;
}

/** That the broker has taken a packet. */
export interface PublishReceipt {
  /** With history. */
  readonly position?: RoomPosition;
}

/** A packet that was kept. */
export interface HistoryEntry {
  /** Its place. */
  readonly step: HistoryStep;
  /** As it was published. */
  readonly packet: Buffer;
  /** When it was accepted, in ms since 1970. */
  readonly time: number;
}

/** A part of what was kept. */
export interface HistoryPage {
  /** Oldest first, without a hole. */
  readonly entries: readonly HistoryEntry[];
  /** Of the newest message, or of the room before its first one. */
  readonly last: RoomPosition;
}

/** What a broker has kept of rooms. A room that it does not know gets a first position, with a tag of its own. */
export interface HistoryStore {
  /**
   * Reads on from a position. Whether the first entry follows it is for the caller to see.
   *
   * @param after `undefined`: the newest `limit` entries.
   */
  read(room: RoomKey, after: RoomPosition | undefined, limit: number): Promise<HistoryPage>;
  /** Of the newest messages, in the order of the rooms. */
  positions(rooms: readonly RoomKey[]): Promise<readonly RoomPosition[]>;
}

/** One connection that is here, as its node has written it. */
export interface PresenceEntry {
  /** The id of the connection. */
  readonly connection: string;
  /** JSON. */
  readonly member: string;
}

/** Everybody of one node in one room. */
export interface NodePresence {
  /** Its id. */
  readonly node: string;
  /** Of the node's last change in this room that the entries contain: later ones are told as packets. */
  readonly change: number;
  /** One for each connection. */
  readonly entries: readonly PresenceEntry[];
  /** Connections, where entries are not kept. */
  readonly connections: number;
}

/** What one node changes in one room. */
export interface PresenceChangeRecord {
  /** Where it is. */
  readonly room: RoomKey;
  /** Counts the node's changes in this room. */
  readonly change: number;
  /** Its id. */
  readonly connection: string;
  /** JSON; `undefined` for one who has left. */
  readonly member: string | undefined;
}

/** Who is where. It belongs to nodes: what a node has written is gone when its lease has run out. */
export interface PresenceStore {
  /**
   * Holds the lease of the node, until `ms` from now. Without it nothing of the node is read.
   *
   * @returns `true`: it was held. `false`: it is a new one, and whatever the node had written is gone: write it again.
   */
  renew(node: string, ms: number): Promise<boolean>;
  /** Takes changes, in their order. */
  write(node: string, changes: readonly PresenceChangeRecord[]): Promise<void>;
  /** Of kinds that only count. */
  writeCount(node: string, room: RoomKey, connections: number): Promise<void>;
  /** Of nodes that live. */
  read(room: RoomKey): Promise<readonly NodePresence[]>;
  /** Of nodes that live. @returns Connections. */
  count(room: RoomKey): Promise<number>;
  /** Gives up the lease, and all that the node has written; the others are told by `onNodeGone()`. */
  leave(node: string): Promise<void>;
}

/** What a broker tells an application. */
export interface BrokerEvents {
  /** A packet of a room that is subscribed; in the order that `capabilities` say. @param step With history. */
  onPacket(room: RoomKey, packet: Buffer, step?: HistoryStep): void;
  /** Packets may be missed from now on. Subscriptions are gone. @param rooms Default: all. */
  onLost(rooms?: RoomFilter): void;
  /** The link is there again, without subscriptions. @param rooms The same as for `onLost()`. */
  onReady(rooms?: RoomFilter): void;
  /**
   * A node has left, or its lease has run out: nobody of it is present any more. On one link it comes in order with
   * packets: what the node had published before comes before it.
   *
   * @param rooms Where it is gone: a broker with several servers tells it once for each. Default: everywhere.
   */
  onNodeGone(node: string, rooms?: RoomFilter): void;
}

/** What one application has of a broker. */
export interface BrokerLink {
  /** Where the broker keeps history. */
  readonly history?: HistoryStore;
  /** Where the broker keeps who is where. */
  readonly presence?: PresenceStore;
  /** Resolves when the broker has confirmed: what is published afterwards comes. */
  subscribe(rooms: readonly RoomKey[]): Promise<void>;
  /** Resolves when the broker has confirmed. */
  unsubscribe(rooms: readonly RoomKey[]): Promise<void>;
  /** Resolves when the broker has accepted the packet. */
  publish(room: RoomKey, packet: Buffer, options?: PublishOptions): Promise<PublishReceipt>;
  /** Gives the link up. Nothing is told afterwards. */
  close(): Promise<void>;
}

/** What a broker can do besides carrying packets. */
export interface BrokerCapabilities {
  /** Keeps history. Default: false. */
  readonly history?: boolean;
  /** Keeps who is where. Default: false. */
  readonly presence?: boolean;
  /**
   * In which order packets without history come: one for all links of a room, or only that of each sender. Default:
   * `'room'`.
   */
  readonly order?: 'room' | 'sender';
}

/** What an application says of itself. */
export interface BrokerConnectOptions {
  /** In front of everything in the broker: applications of another prefix share nothing with this one. */
  readonly prefix: string;
  /**
   * How much history each kind of rooms keeps, by the kind's name. Kinds are added while the application runs. A broker
   * that makes a place for each kind makes it by these limits. Default: those of the first publish.
   */
  readonly histories?: ReadonlyMap<string, HistoryLimits>;
}

/** What carries broadcasts between applications. Implement it for a broker that this package does not know. */
export interface RoomBroker {
  /** As errors and logs name it. */
  readonly name: string;
  /** Kinds of rooms that need more are refused when the application starts. Default: neither. */
  readonly capabilities?: BrokerCapabilities;
  /** Resolves when the link can be used. */
  connect(events: BrokerEvents, options?: BrokerConnectOptions): Promise<BrokerLink>;
}
