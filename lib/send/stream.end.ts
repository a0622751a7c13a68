type Outcome =
  { readonly kind: 'completed' } | { readonly kind: 'failed'; readonly error: unknown };

const COMPLETED: Outcome = { kind: 'completed' };

/** How a stream ends, once: the first outcome counts. Its promise is created for those who have to wait. */
export class StreamEnd {
  private outcome: Outcome | undefined;
  private promise: Promise<void> | undefined;
  private settle: ((outcome: Outcome) => void) | undefined;

  /** `undefined` if the stream has completed, or a promise that rejects if it failed or fails. */
  get reached(): Promise<void> | undefined {
    if (this.outcome?.kind === 'completed') return this.promise;
    return (this.promise ??= this.createPromise());
  }

  complete(): void {
    this.reach(COMPLETED);
  }

  fail(error: unknown): void {
    this.reach({ kind: 'failed', error });
  }

  private reach(outcome: Outcome): void {
    if (this.outcome) return;
    this.outcome = outcome;
    this.settle?.(outcome);
  }

  private createPromise(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.settle = (outcome) => {
        if (outcome.kind === 'failed') reject(outcome.error);
        else resolve();
      };
      if (this.outcome) this.settle(this.outcome);
    });
  }
}
