/** Where the items of one call come from. */
export interface ItemSource {
  /** @returns `undefined` at the end. */
  next(): Promise<{ readonly value: unknown } | undefined>;
  /** Called when nobody wants the rest. */
  stop(): void;
}

const END = { done: true, value: undefined } as const;

/** The items that answer a call. Unlike a generator, it can be left before it has started. */
export class CallItems implements AsyncGenerator<unknown, void, undefined> {
  private isOver = false;
  /** Items are taken one after another, no matter who asks. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly source: ItemSource) {}

  next(): Promise<IteratorResult<unknown, void>> {
    const step = this.last.then(() => this.step());
    this.last = step.catch(() => undefined);
    return step;
  }

  return(): Promise<IteratorResult<unknown, void>> {
    this.end();
    return Promise.resolve(END);
  }

  throw(error: unknown): Promise<IteratorResult<unknown, void>> {
    this.end();
    return Promise.reject(error);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  private async step(): Promise<IteratorResult<unknown, void>> {
    if (this.isOver) return END;
    try {
      const item = await this.source.next();
      if (item) return { done: false, value: item.value };
    } catch (error) {
      // The caller left while this was waiting.
      if (!this.isOver) throw this.failed(error);
    }
    this.isOver = true;
    return END;
  }

  private failed(error: unknown): unknown {
    this.end();
    return error;
  }

  private end(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.source.stop();
  }
}
