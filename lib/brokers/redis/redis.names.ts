import type { RoomKey } from '../room.broker.js';

/**
 * Names of keys and channels. Their type marker has a fixed length, and the room or node comes last, so no two names
 * are equal. Braces would keep a room's data on one node of a cluster.
 */
export class RedisNames {
  private readonly channelStart: string;
  private readonly channelDatabase: string;

  /** @param database The database of its keys. Channels belong to the whole server, so their names include it. */
  constructor(
    private readonly prefix: string,
    database = 0,
  ) {
    this.channelDatabase = database === 0 ? '' : `${database}`;
    this.channelStart = `${prefix}:c${this.channelDatabase}:`;
  }

  /** The same names in another database. */
  inDatabase(database: number): RedisNames {
    return new RedisNames(this.prefix, database);
  }

  /** The channel for packets of a room. */
  channel(room: RoomKey): string {
    return `${this.channelStart}${room}`;
  }

  /** `undefined`: it is not the channel of a room. */
  roomOf(channel: string): RoomKey | undefined {
    const { channelStart } = this;
    return channel.startsWith(channelStart) ? channel.slice(channelStart.length) : undefined;
  }

  /** The channel for nodes that are gone. */
  get gone(): string {
    return `${this.prefix}:g${this.channelDatabase}`;
  }

  /** The newest position of a room, and the limits of its history. */
  meta(room: RoomKey): string {
    return `${this.prefix}:m:${room}`;
  }

  stream(room: RoomKey): string {
    return `${this.prefix}:s:${room}`;
  }

  /** Marks a message as accepted. The length separates room and id, because both may contain any character. */
  id(room: RoomKey, id: string): string {
    return `${this.prefix}:i:${room.length}:${room}:${id}`;
  }

  /** When the lease of each node ends. */
  get leases(): string {
    return `${this.prefix}:l`;
  }

  /** Prefix before a node: the rooms with its members. */
  get nodeRooms(): string {
    return `${this.prefix}:n:`;
  }

  /** Prefix before a room: its nodes. */
  get roomNodes(): string {
    return `${this.prefix}:w:`;
  }

  /** Prefix before a node, its length, and a room: the members. */
  get members(): string {
    return `${this.prefix}:p:`;
  }
}
