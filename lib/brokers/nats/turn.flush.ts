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
        // The link may have broken since: that is a rejection, and no fault of this turn.
        Promise.resolve()
          .then(this.flush)
          // What the server has refused before its answer is told by then.
          .then(() => setImmediate(resolve), reject);
      });
    });
    return this.next;
  }
}
