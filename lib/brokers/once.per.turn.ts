/** One question for everyone who asks it in one turn of the event loop. */
export class OncePerTurn {
  private next: Promise<void> | undefined;

  constructor(private readonly ask: () => Promise<void>) {}

  /** The answer to the question that is asked when this turn is over. */
  done(): Promise<void> {
    this.next ??= new Promise((resolve, reject) => {
      setImmediate(() => {
        this.next = undefined;
        // If the question throws synchronously, that is a rejection, too, not an error of this turn.
        Promise.resolve().then(this.ask).then(resolve, reject);
      });
    });
    return this.next;
  }
}
