/**
 * Values that nobody else has: `fz12-3` is the third of sequence 12, and the witnesses' begin with `wit`. Base64 has no
 * hyphen, so that no Sec-WebSocket-Accept holds one by chance.
 */
export function tokenOf(index: number, count: number): string {
  return `fz${index}-${count}`;
}

/** The sequence that a token or a URL with one names. */
export function sequenceIn(label: string): number | undefined {
  const found = /fz(\d+)-/.exec(label)?.[1];
  return found === undefined ? undefined : Number(found);
}

/** No token is longer. */
const LONGEST = 32;

/** Finds what belongs to another in what a client receives. */
export class Tokens {
  private tail = '';

  /** @param own The sequence's index; `undefined` for a witness. */
  constructor(private readonly own: number | undefined) {}

  foreignIn(chunk: Buffer): string | undefined {
    const text = this.tail + chunk.toString('latin1');
    this.tail = text.slice(-LONGEST);
    for (const [found, index] of text.matchAll(/fz(\d+)-|wit-\d+/g))
      if (index === undefined ? this.own !== undefined : Number(index) !== this.own) return found;
    return undefined;
  }
}
