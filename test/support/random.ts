/** Random numbers that a seed repeats. */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** Mulberry32: from 0 up to, and not including, 1. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let bits = this.state;
    bits = Math.imul(bits ^ (bits >>> 15), bits | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  }

  /** An integer below the limit. */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(choices: readonly [T, ...T[]]): T {
    return choices[this.below(choices.length)] ?? choices[0];
  }
}

/** That of the environment variable `SEED`, to repeat a run. @param usual Otherwise. Default: a new one. */
export function seedOf(name: string, usual = 1 + Math.floor(Math.random() * 2 ** 31)): number {
  const given = Number(process.env['SEED']);
  const seed = Number.isInteger(given) && given > 0 ? given : usual;
  console.log(`${name}: SEED=${seed}`);
  return seed;
}
