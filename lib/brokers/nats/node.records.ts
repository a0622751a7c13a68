import type { PresenceChangeRecord, RoomKey } from '../room.broker.js';

/**
 * The connections that this link has written, by node and room: a node's record of a room goes with its last
 * connection.
 */
export class NodeRecords {
  private readonly nodes = new Map<string, Map<RoomKey, Set<string>>>();

  /** @returns Connections that are left. */
  apply(node: string, { room, connection, member }: PresenceChangeRecord): number {
    const rooms = this.roomsOf(node);
    const connections = rooms.get(room) ?? new Set<string>();
    if (member === undefined) connections.delete(connection);
    else connections.add(connection);
    if (connections.size > 0) rooms.set(room, connections);
    else rooms.delete(room);
    if (rooms.size === 0) this.nodes.delete(node);
    return connections.size;
  }

  forget(node: string): void {
    this.nodes.delete(node);
  }

  clear(): void {
    this.nodes.clear();
  }

  private roomsOf(node: string): Map<RoomKey, Set<string>> {
    const present = this.nodes.get(node);
    if (present) return present;
    const rooms = new Map<RoomKey, Set<string>>();
    this.nodes.set(node, rooms);
    return rooms;
  }
}
