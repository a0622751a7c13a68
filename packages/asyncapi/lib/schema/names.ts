/** Characters that keys of a document must not have. */
const FORBIDDEN = /[^\w.-]+/g;

/** Turns a name into a key of a document. */
export function keyOf(name: string): string {
  const key = name.replaceAll(FORBIDDEN, '_').replaceAll(/^_+(?=\w)|(?<=\w)_+$/g, '');
  // Tools use the keys as property names of plain objects.
  if (key === '' || key in Object.prototype) return `_${key}`;
  return key;
}

/** Hands out each key once. */
export class Names {
  private readonly taken = new Set<string>();

  /** Turns a name into a key, with a number if the key is taken. */
  claim(name: string): string {
    const wanted = keyOf(name);
    let key = wanted;
    for (let number = 2; this.taken.has(key); number += 1) key = `${wanted}_${number}`;
    this.taken.add(key);
    return key;
  }
}
