import { InvalidRoomMemberException } from '../errors/presence.exceptions.js';
import { hasOwnProperty, ownPropertyOf } from '../values/own.property.js';
import { discardPromise } from '../values/thenable.js';

/** What others see of one connection. */
export interface MemberCard {
  readonly key: string;
  readonly member: object;
  /** When it was written, in ms since 1970: the latest of a key's connections represents the key. */
  readonly at: number;
}

/**
 * Writes a card for the store and for packets.
 *
 * @param value What `memberOf()` returned, or `join()` was given.
 * @throws InvalidRoomMemberException
 */
export function writeCard(kind: string, value: unknown, at: number): string {
  if (typeof value !== 'object' || value === null)
    throw new InvalidRoomMemberException(kind, 'is not an object');
  // An asynchronous memberOf() may reject as well, and nobody else would notice.
  if (discardPromise(value))
    throw new InvalidRoomMemberException(kind, 'is a promise: memberOf() must not be async');
  const key: unknown = Reflect.get(value, 'key');
  if (typeof key !== 'string' || key === '')
    throw new InvalidRoomMemberException(kind, 'has no "key" that is a string');
  return JSON.stringify([key, at, withoutKey(jsonOf(kind, value))]);
}

/** @returns `undefined` if this version did not write it. */
export function readCard(text: string): MemberCard | undefined {
  const parsed = parseJson(text);
  if (!isList(parsed)) return undefined;
  const [key, at, member] = parsed;
  if (typeof key !== 'string' || typeof at !== 'number' || !isObject(member)) return undefined;
  return { key, at, member };
}

/** Whether it has this key. @param text From `writeCard()`. */
export function isCardOf(text: string, key: string): boolean {
  return text.startsWith(`[${JSON.stringify(key)},`);
}

/** Whether both look the same to others. */
export function isSameCard(one: string, other: string): boolean {
  return one === other || untimed(one) === untimed(other);
}

export function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function untimed(text: string): string {
  const card = readCard(text);
  return JSON.stringify([card?.key, card?.member]);
}

function jsonOf(kind: string, value: object): unknown {
  try {
    return JSON.parse(JSON.stringify(value));
  } catch (error) {
    throw new InvalidRoomMemberException(kind, 'has no JSON form', error);
  }
}

function withoutKey(value: unknown): object {
  if (!isObject(value) || !hasOwnProperty(value, 'key')) return isObject(value) ? value : {};
  return Object.fromEntries(
    Object.keys(value)
      .filter((name) => name !== 'key')
      .map((name) => [name, ownPropertyOf(value, name)]),
  );
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
