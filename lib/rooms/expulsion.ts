import type { RoomKey } from '../brokers/room.broker.js';
import { isSendableCloseCode } from '../close/close.code.js';
import type { ExpelClose, ExpelTarget } from '../handles/room.handle.js';
import type { RoomPresence } from '../presence/room.presence.js';
import { ownPropertyOf } from '../values/own.property.js';
import type { LocalRoom } from './local.room.js';
import type { RoomMember } from './room.member.js';

/** A connection, or everyone with a key, has to leave a room in any application. */
export interface Expulsion {
  readonly who: ExpelTarget;
  readonly close?: ExpelClose;
}

export function writeExpulsion(who: ExpelTarget, close: ExpelClose | undefined): string {
  return JSON.stringify({ expel: 'key' in who ? { key: who.key } : who.connection, close });
}

/** @returns `undefined` for an order of another kind, which a later version may know. */
export function readExpulsion(payload: Buffer): Expulsion | undefined {
  const order = parse(payload);
  const who = whoOf(ownPropertyOf(order, 'expel'));
  if (!who) return undefined;
  const close = ownPropertyOf(order, 'close');
  const code = ownPropertyOf(close, 'code');
  const reason = ownPropertyOf(close, 'reason');
  // Another version may send a code that must not be sent.
  if (typeof code !== 'number' || !isSendableCloseCode(code)) return { who };
  return { who, close: { code, ...(typeof reason === 'string' && { reason }) } };
}

/** The connections that are entering a room. */
export interface Guests {
  readonly guests: Iterable<RoomMember>;
  /** Whether the member is announced under this key. */
  readonly isOf: (key: string, member: RoomMember) => boolean;
}

/** Expels members here, and connections that are entering. */
export function expel(
  expulsion: Expulsion,
  room: LocalRoom<RoomMember>,
  presence: Pick<RoomPresence, 'isOf'>,
  onTheWay: Guests,
): void {
  expelMembers(expulsion, room, presence);
  expelGuests(expulsion, room.key, onTheWay);
}

function expelMembers(
  { who, close }: Expulsion,
  room: LocalRoom<RoomMember>,
  presence: Pick<RoomPresence, 'isOf'>,
): void {
  const isMeant = ({ knownId }: RoomMember): boolean =>
    'key' in who ? presence.isOf(who.key, room.key, knownId) : knownId === who.connection;
  // All are found before the first one leaves.
  const meant = [...room.everybody()].filter(isMeant);
  for (const member of meant) {
    member.places?.leave(room, close?.code);
    if (close) member.close(close.code, close.reason);
  }
}

/** Connections that are entering are not let in. */
function expelGuests({ who, close }: Expulsion, key: RoomKey, { guests, isOf }: Guests): void {
  const isMeant = (member: RoomMember): boolean =>
    'key' in who ? isOf(who.key, member) : member.knownId === who.connection;
  // All are found before the first one leaves.
  const meant = [...guests].filter(isMeant);
  for (const member of meant) {
    member.places?.turnBack(key, true);
    if (close) member.close(close.code, close.reason);
  }
}

function whoOf(value: unknown): ExpelTarget | undefined {
  if (typeof value === 'string') return { connection: value };
  const key = ownPropertyOf(value, 'key');
  return typeof key === 'string' ? { key } : undefined;
}

function parse(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString('utf8'));
  } catch {
    return undefined;
  }
}
