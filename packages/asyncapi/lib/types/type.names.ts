/** What the file itself uses, and may not be hidden by a type of the document. */
const USED = ['Routes', 'ArrayBuffer', 'ArrayBufferView', 'Omit'];

/** Names of types, each taken once. */
export class TypeNames {
  private readonly taken = new Set(USED);

  /** `page-of.say` as `PageOfSay`, with a number where another has it. */
  claim(name: string): string {
    const words = name.split(/[^\p{L}\p{N}$_]+/u).filter((word) => word !== '');
    const joined = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
    const wanted = /^[A-Z_$]\w*$/.test(joined) ? joined : `Type${joined.replaceAll(/\W/g, '')}`;
    let free = wanted;
    for (let number = 2; this.taken.has(free); number += 1) free = `${wanted}${number}`;
    this.taken.add(free);
    return free;
  }
}
