/** One question to the server for all who ask it in one turn of the event loop. */
export class TurnFlush {
  private next: Promise<void> | undefined;

  /** @param flush Resolves when the server has answered what was written before. */
  constructor(private readonly flush: () => Promise<void>) {}

  /** Resolves when the server has taken what has been written so far. */
  done(): Promise<void> {
    this.next ??= new Promise((resolve, reject) => {
      setImmediate(() => {
        this.next = undefined;
        // The server says first what it refuses. The transport tells that in a microtask, perhaps after this one.
        this.flush().then(() => setImmediate(resolve), reject);
      });
    });
    return this.next;
  }
}
