import { nothing } from '../values/nothing.js';

/**
 * A question that everyone asks after a step of their own, and whose answer must be newer than that step. It is asked
 * at the end of the current callback, and one at a time: those who come meanwhile share the next.
 */
export class SharedQuestion {
  /** The question that is still to be asked. */
  private next: Promise<void> | undefined;
  /** Resolves when the last question has its answer. */
  private asked: Promise<void> | undefined;

  constructor(private readonly ask: () => Promise<void>) {}

  /** @returns The answer to a question that is asked after this call. */
  answer(): Promise<void> {
    return (this.next ??= this.askNext());
  }

  private async askNext(): Promise<void> {
    await this.asked;
    await new Promise<void>((resolve) => process.nextTick(resolve));
    this.next = undefined;
    const answer = this.ask();
    this.asked = answer.then(nothing, nothing);
    await answer;
  }
}
