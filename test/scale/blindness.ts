/** Until when the network, the broker or a pause kept nodes from seeing anything. */
export class Blindness {
  private readonly ends: { readonly node: number | undefined; until: number }[] = [];

  /** In ms of `performance.now()`; 0 where nothing has, `Infinity` where something does. */
  until(node: number): number {
    const ends = this.ends.filter((end) => end.node === node || end.node === undefined);
    return Math.max(0, ...ends.map(({ until }) => until));
  }

  /** @param node `undefined`: all. */
  async during(node: number | undefined, fault: () => Promise<void>): Promise<void> {
    const end = { node, until: Infinity };
    this.ends.push(end);
    try {
      await fault();
    } finally {
      end.until = performance.now();
    }
  }

  /** @param ms From now on. */
  note(node: number, ms: number): void {
    this.ends.push({ node, until: performance.now() + ms });
  }
}
