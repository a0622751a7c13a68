import type { RoomKey } from '../room.broker.js';

/**
 * Names of keys and channels. The part that says what it is has one length, and a room or a node comes last, so no two
 * names can be the same. Braces would keep what belongs to a room on one node of a cluster.
 */
export class RedisNames {
  private readonly channelStart: string;
  private readonly channelDatabase: string;

  /** @param database Of its keys. Channels belong to the whole server, so their names say it. */
  constructor(
    private readonly prefix: string,
    database = 0,
  ) {
    this.channelDatabase = database === 0 ? '' : `${database}`;
    this.channelStart = `${prefix}:c${this.channelDatabase}:`;
  }

  /** The same in another database. */
  inDatabase(database: number): RedisNames {
    return new RedisNames(this.prefix, database);
  }

  /** Where packets of a room are published. */
  channel(room: RoomKey): string {
    return `${this.channelStart}${room}`;
  }

  /** `undefined`: it is no channel of a room. */
  roomOf(channel: string): RoomKey | undefined {
    const { channelStart } = this;
    return channel.startsWith(channelStart) ? channel.slice(channelStart.length) : undefined;
  }

  /** Where nodes that are gone are published. */
  get gone(): string {
    return `${this.prefix}:g${this.channelDatabase}`;
  }

  /** The newest position of a room, and what bounds its history. */
  meta(room: RoomKey): string {
    return `${this.prefix}:m:${room}`;
  }

  stream(room: RoomKey): string {
    return `${this.prefix}:s:${room}`;
  }

  /** That a message has been accepted. The length keeps room and id apart, as both may contain anything. */
  id(room: RoomKey, id: string): string {
    return `${this.prefix}:i:${room.length}:${room}:${id}`;
  }

  /** When the lease of each node ends. */
  get leases(): string {
    return `${this.prefix}:l`;
  }

  /** In front of a node: the rooms in which it has somebody. */
  get nodeRooms(): string {
    return `${this.prefix}:n:`;
  }

  /** In front of a room: its nodes. */
  get roomNodes(): string {
    return `${this.prefix}:w:`;
  }

  /** In front of a node, its length and a room: who is there. */
  get members(): string {
    return `${this.prefix}:p:`;
  }
}
