import { InvalidRoomMemberException } from '../errors/presence.exceptions.js';
import { hasOwnProperty, ownPropertyOf } from '../values/own.property.js';
import { discardPromise } from '../values/thenable.js';

/** What others see of one connection. */
export interface MemberCard {
  readonly key: string;
  readonly member: object;
  /** When it was told, in ms since 1970: of several connections of a key, the latest speaks for all. */
  readonly at: number;
}

/**
 * What stands in the store and in packets.
 *
 * @param value What `memberOf()` has returned, or `join()` was given.
 * @throws InvalidRoomMemberException
 */
export function writeCard(kind: string, value: unknown, at: number): string {
  if (typeof value !== 'object' || value === null)
    throw new InvalidRoomMemberException(kind, 'is no object');
  // An asynchronous memberOf() may reject as well, and nobody else would hear of it.
  if (discardPromise(value))
    throw new InvalidRoomMemberException(kind, 'is a promise: memberOf() must not be async');
  const key: unknown = Reflect.get(value, 'key');
  if (typeof key !== 'string' || key === '')
    throw new InvalidRoomMemberException(kind, 'has no "key" that is a text');
  return JSON.stringify([key, at, withoutKey(jsonOf(kind, value))]);
}

/** @returns `undefined` for what this version has not written. */
export function readCard(text: string): MemberCard | undefined {
  const parsed = parseJson(text);
  if (!isList(parsed)) return undefined;
  const [key, at, member] = parsed;
  if (typeof key !== 'string' || typeof at !== 'number' || !isObject(member)) return undefined;
  return { key, at, member };
}

/** Whether it is of this key. @param text Of `writeCard()`. */
export function isCardOf(text: string, key: string): boolean {
  return text.startsWith(`[${JSON.stringify(key)},`);
}

/** Whether both tell others the same. */
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
