/** One question for all who ask it in one turn of the event loop. */
export class OncePerTurn {
  private next: Promise<void> | undefined;

  constructor(private readonly ask: () => Promise<void>) {}

  /** The answer to the question that is asked when this turn is over. */
  done(): Promise<void> {
    this.next ??= new Promise((resolve, reject) => {
      setImmediate(() => {
        this.next = undefined;
        // What the question throws at once is a rejection, too, and no fault of this turn.
        Promise.resolve().then(this.ask).then(resolve, reject);
      });
    });
    return this.next;
  }
}
