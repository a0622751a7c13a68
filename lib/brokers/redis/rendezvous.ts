/** A 32-bit hash of a text: FNV-1a with the final mix of MurmurHash3. */
function hash(text: string, seed: number): number {
  let value = seed ^ 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1)
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}

/**
 * Decides which of several items owns a key. Everyone with the same items agrees, in whatever order they list them, and
 * adding or removing one moves only its own share of keys.
 */
export class Rendezvous<T> {
  private readonly places: readonly { readonly item: T; readonly seed: number }[];

  constructor(items: readonly T[], nameOf: (item: T) => string) {
    this.places = items.map((item) => ({ item, seed: hash(nameOf(item), 0) }));
  }

  /** @throws RangeError if there are none */
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
