import type { RoomKey } from '../room.broker.js';
import { encode, pathOf } from './nats.names.js';

/** Whose connection is where, as subjects say it. */
export interface PresencePlace {
  readonly node: string;
  readonly connection: string;
}

/** Where presence is in JetStream. */
export class PresenceNames {
  readonly stream: string;
  /** All that is kept. */
  readonly all: string;
  /** All leases. */
  readonly leases: string;
  /** Where leases, and their ends, are told: as JetStream takes it, and as a subscription does. */
  readonly tellsTo: string;
  readonly told: string;
  /** Shows what time it is for the server. */
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

  /** What a node has said of a room as a whole. */
  summary(room: RoomKey, node: string): string {
    return `${this.prefix}.p.node.${pathOf(room)}.${encode(node)}`;
  }

  summariesIn(room: RoomKey): string {
    return `${this.prefix}.p.node.${pathOf(room)}.*`;
  }

  /** All that a node has written, besides its lease. */
  of(node: string): readonly string[] {
    const { prefix } = this;
    const name = encode(node);
    return [`${prefix}.p.entry.*.*.${name}.*`, `${prefix}.p.node.*.*.${name}`];
  }
}

/** The node of a lease's subject, or of a summary's. */
export const nodeAtEndOf = (subject: string): string => decode(subject.split('.').at(-1));

export function placeOf(subject: string): PresencePlace {
  const [node, connection] = subject.split('.').slice(-2);
  return { node: decode(node), connection: decode(connection) };
}

const decode = (token = ''): string => Buffer.from(token, 'base64url').toString();
