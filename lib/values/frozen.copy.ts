import { isRegExp } from 'node:util/types';
import { isBare } from './fresh.value.js';

/** A frozen copy of lists, plain objects, and RegExps. Anything else, such as a function, is shared. */
export function frozenCopy<T>(value: T): T;
export function frozenCopy(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return Object.freeze(value.map((item: unknown) => frozenCopy(item)));
  if (isRegExp(value)) return Object.freeze(new RegExp(value.source, value.flags));
  if (!isBare(Reflect.getPrototypeOf(value))) return value;
  const copy: Record<string, unknown> = Object.fromEntries(
    Object.entries(value).map(([key, item]: [string, unknown]) => [key, frozenCopy(item)]),
  );
  return Object.freeze(copy);
}
