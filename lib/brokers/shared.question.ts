/**
 * A question that everyone asks after a step of their own, and whose answer must be newer than that step. It is asked
 * at the end of the current callback; those who come later in the same turn of the event loop share one at its end.
 */
export class SharedQuestion {
  /** The question that is still to be asked. */
  private next: Promise<void> | undefined;
  /** Whether it was asked in this turn. */
  private wasAsked = false;

  constructor(private readonly ask: () => Promise<void>) {}

  /** @returns The answer to a question that is asked after this call. */
  answer(): Promise<void> {
    return (this.next ??= this.askNext());
  }

  private async askNext(): Promise<void> {
    await new Promise<void>((resolve) => {
      if (this.wasAsked) setImmediate(resolve);
      else process.nextTick(resolve);
    });
    this.next = undefined;
    this.wasAsked = true;
    setImmediate(() => (this.wasAsked = false));
    await this.ask();
  }
}
