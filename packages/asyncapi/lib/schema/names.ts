/** Letters that keys of a document may have. */
const FORBIDDEN = /[^\w.-]+/g;

/** A name as a key of a document. */
export function keyOf(name: string): string {
  const key = name.replaceAll(FORBIDDEN, '_').replaceAll(/^_+(?=\w)|(?<=\w)_+$/g, '');
  // Tools that read documents put keys into objects.
  if (key === '' || key in Object.prototype) return `_${key}`;
  return key;
}

/** Keys that are taken. */
export class Names {
  private readonly taken = new Set<string>();

  /** The name as a key, with a number where another has it. */
  claim(name: string): string {
    const wanted = keyOf(name);
    let key = wanted;
    for (let number = 2; this.taken.has(key); number += 1) key = `${wanted}_${number}`;
    this.taken.add(key);
    return key;
  }
}
