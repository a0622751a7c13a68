import type { RoomKey } from '../room.broker.js';
import { encode, pathOf } from './nats.names.js';

/** The node and the connection that a subject names. */
export interface PresencePlace {
  readonly node: string;
  readonly connection: string;
}

/** Where presence is stored in JetStream. */
export class PresenceNames {
  readonly stream: string;
  /** All records. */
  readonly all: string;
  /** All leases. */
  readonly leases: string;
  /** The subject for leases and their ends: in JetStream's form, and in a subscription's. */
  readonly tellsTo: string;
  readonly told: string;
  /** A record that shows the server's time. */
  readonly clock: string;

  /** @param prefix As a part of a subject. */
  constructor(private readonly prefix: string) {
    this.stream = `${prefix}_presence`;
    this.all = `${prefix}.p.>`;
    this.leases = `${prefix}.p.lease.*`;
    this.tellsTo = `${prefix}.leases.{{wildcard(1)}}`;
    this.told = `${prefix}.leases.*`;
    this.clock = `${prefix}.p.clock`;
  }

  lease(node: string): string {
    return `${this.prefix}.p.lease.${encode(node)}`;
  }

  /** One connection of a node in a room. */
  entry(room: RoomKey, { node, connection }: PresencePlace): string {
    return `${this.prefix}.p.entry.${pathOf(room)}.${encode(node)}.${encode(connection)}`;
  }

  entriesIn(room: RoomKey): string {
    return `${this.prefix}.p.entry.${pathOf(room)}.*.*`;
  }

  /** A node's summary of a room. */
  summary(room: RoomKey, node: string): string {
    return `${this.prefix}.p.node.${pathOf(room)}.${encode(node)}`;
  }

  summariesIn(room: RoomKey): string {
    return `${this.prefix}.p.node.${pathOf(room)}.*`;
  }

  /** Everything that a node has written, except its lease. */
  of(node: string): readonly string[] {
    const { prefix } = this;
    const name = encode(node);
    return [`${prefix}.p.entry.*.*.${name}.*`, `${prefix}.p.node.*.*.${name}`];
  }
}

/** The node in the subject of a lease or a summary. */
export const nodeAtEndOf = (subject: string): string => decode(subject.split('.').at(-1));

export function placeOf(subject: string): PresencePlace {
  const [node, connection] = subject.split('.').slice(-2);
  return { node: decode(node), connection: decode(connection) };
}

const decode = (token = ''): string => Buffer.from(token, 'base64url').toString();
