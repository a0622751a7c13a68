import type { PresenceChangeRecord } from '../brokers/room.broker.js';
import { ownPropertyOf } from '../values/own.property.js';
import { isList, parseJson } from './member.card.js';

/** One change of a node in one room. */
export interface PresenceDelta {
  readonly change: number;
  readonly connection: string;
  /** A card; `undefined` if the connection has left. */
  readonly member: string | undefined;
  /** Whether the node then has only this connection, or none: that makes up for anything missed before. */
  readonly isAll: boolean;
}

export interface OwnChange extends PresenceChangeRecord, PresenceDelta {}

/** Changes of one node in one room, in order. */
export interface PresenceOrder {
  readonly node: string;
  readonly deltas: readonly PresenceDelta[];
}

/** Changes in one packet. */
const MAX_CHANGES = 64;

type WrittenDelta = readonly [
  change: number,
  connection: string,
  member: string | null,
  isAll: 0 | 1,
];

/** The packets that announce changes, room by room. */
export function writePresence(node: string, changes: readonly OwnChange[]): [string, string][] {
  const rooms = new Map<string, WrittenDelta[]>();
  for (const { room, change, connection, member, isAll } of changes) {
    const delta: WrittenDelta = [change, connection, member ?? null, isAll ? 1 : 0];
    const present = rooms.get(room);
    if (present) present.push(delta);
    else rooms.set(room, [delta]);
  }
  return [...rooms].flatMap(([room, deltas]) =>
    Array.from({ length: Math.ceil(deltas.length / MAX_CHANGES) }, (_, index): [string, string] => {
      const some = deltas.slice(index * MAX_CHANGES, (index + 1) * MAX_CHANGES);
      return [room, JSON.stringify({ here: [node, ...some] })];
    }),
  );
}

/** @returns `undefined` if the order is of another kind, or malformed. */
export function readPresence(payload: Buffer): PresenceOrder | undefined {
  const here = ownPropertyOf(parseJson(payload.toString('utf8')), 'here');
  if (!isList(here)) return undefined;
  const [node, ...rest] = here;
  if (typeof node !== 'string') return undefined;
  const deltas = rest.map(readDelta);
  return deltas.every((delta) => delta !== undefined) ? { node, deltas } : undefined;
}

function readDelta(value: unknown): PresenceDelta | undefined {
  if (!isList(value)) return undefined;
  const [change, connection, member, isAll] = value;
  if (typeof change !== 'number' || !Number.isSafeInteger(change)) return undefined;
  if (typeof connection !== 'string') return undefined;
  if (typeof member !== 'string' && member !== null) return undefined;
  return { change, connection, member: member ?? undefined, isAll: isAll === 1 };
}
