/** Names that the file itself uses. No type of the document may hide them. */
const USED = ['Routes', 'ArrayBuffer', 'ArrayBufferView', 'Omit'];

/** Hands out each type name once. */
export class TypeNames {
  private readonly taken = new Set(USED);

  /** Turns `page-of.say` into `PageOfSay`, with a number if the name is taken. */
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
