import { isRegExp } from 'node:util/types';
import { isBare } from './fresh.value.js';

/** A frozen copy of lists, plain objects, and RegExps. Anything else, such as a function, is shared. Cycles stay cycles. */
export function frozenCopy<T>(value: T): T;
export function frozenCopy(value: unknown): unknown {
  return copyOf(value, new Map());
}

/** @param copies By what they are copies of. */
function copyOf(value: unknown, copies: Map<object, unknown>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (copies.has(value)) return copies.get(value);
  if (isRegExp(value)) return Object.freeze(new RegExp(value.source, value.flags));
  const isList = Array.isArray(value);
  if (!isList && !isBare(Reflect.getPrototypeOf(value))) return value;
  const copy: object = isList ? [] : {};
  copies.set(value, copy);
  for (const key of Object.keys(value)) {
    const item = copyOf(Reflect.get(value, key), copies);
    Reflect.defineProperty(copy, key, { value: item, enumerable: true });
  }
  return Object.freeze(copy);
}
