/** 32 bits of a text: FNV-1a, mixed as MurmurHash3 ends. */
function hash(text: string, seed: number): number {
  let value = seed ^ 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1)
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}

/**
 * Which of several has a key: all that know the same ones agree, in whatever order they know them, and one more or
 * less moves its own share of keys alone.
 */
export class Rendezvous<T> {
  private readonly places: readonly { readonly item: T; readonly seed: number }[];

  constructor(items: readonly T[], nameOf: (item: T) => string) {
    this.places = items.map((item) => ({ item, seed: hash(nameOf(item), 0) }));
  }

  /** @throws RangeError where there are none */
  of(key: string): T {
    const [first] = this.places;
    if (!first) throw new RangeError('There is nothing to choose from.');
    if (this.places.length === 1) return first.item;
    let best = first;
    let highest = -1;
    for (const place of this.places) {
      const value = hash(key, place.seed);
      if (value <= highest) continue;
      best = place;
      highest = value;
    }
    return best.item;
  }
}
