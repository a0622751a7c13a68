/** None, one, or a set of them: where most have one, a set for each were the larger part of the memory. */
export type Few<T extends object> = T | Set<T> | undefined;

export function countOf<T extends object>(few: Few<T>): number {
  if (few instanceof Set) return few.size;
  return few === undefined ? 0 : 1;
}

export function isAmong<T extends object>(few: Few<T>, item: T): boolean {
  return few instanceof Set ? few.has(item) : few === item;
}

/** @returns What is to be kept instead. */
export function plus<T extends object>(few: Few<T>, item: T): Few<T> {
  if (few instanceof Set) return few.add(item);
  return few === undefined || few === item ? item : new Set([few, item]);
}

/** @returns What is to be kept instead. */
export function minus<T extends object>(few: Few<T>, item: T): Few<T> {
  if (!(few instanceof Set)) return few === item ? undefined : few;
  few.delete(item);
  return few.size === 0 ? undefined : few;
}

/** Who leaves meanwhile is left out; of a set, who comes meanwhile is there, too. */
export function eachOf<T extends object>(few: Few<T>): SetIterator<T> | ArrayIterator<T> {
  if (few instanceof Set) return few.values();
  return (few === undefined ? [] : [few]).values();
}
