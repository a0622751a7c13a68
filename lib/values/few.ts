/** None, one, or a set of items: if most have one, a set for each would be the larger part of the memory. */
export type Few<T extends object> = T | Set<T> | undefined;

export function countOf<T extends object>(few: Few<T>): number {
  if (few instanceof Set) return few.size;
  return few === undefined ? 0 : 1;
}

export function isAmong<T extends object>(few: Few<T>, item: T): boolean {
  return few instanceof Set ? few.has(item) : few === item;
}

/** @returns The new value to keep. */
export function plus<T extends object>(few: Few<T>, item: T): Few<T> {
  if (few instanceof Set) return few.add(item);
  return few === undefined || few === item ? item : new Set([few, item]);
}

/** @returns The new value to keep. */
export function minus<T extends object>(few: Few<T>, item: T): Few<T> {
  if (!(few instanceof Set)) return few === item ? undefined : few;
  few.delete(item);
  return few.size === 0 ? undefined : few;
}

/** Items removed meanwhile are skipped; in a set, items added meanwhile are included. */
export function eachOf<T extends object>(few: Few<T>): SetIterator<T> | ArrayIterator<T> {
  if (few instanceof Set) return few.values();
  return (few === undefined ? [] : [few]).values();
}
