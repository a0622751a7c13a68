import { DEADLINE_MS, within } from '../deadline.js';

/** Takes one thing off the front of the bytes, or `undefined` if it is not all there yet. */
export type Take<T> = (bytes: Buffer, ended: boolean) => Taken<T> | undefined;

export interface Taken<T> {
  value: T;
  /** How many bytes it took. */
  used: number;
}

/** Bytes that arrived and were not read yet; a read waits until its `Take` is content. */
export class ByteStream {
  private buffered: Buffer = Buffer.alloc(0);
  private endedBy: string | undefined;
  private wake: (() => void) | undefined;

  get unread(): Buffer {
    return this.buffered;
  }

  push(chunk: Buffer): void {
    this.buffered = Buffer.concat([this.buffered, chunk]);
    this.wake?.();
  }

  end(by: string): void {
    this.endedBy ??= by;
    this.wake?.();
  }

  async read<T>(take: Take<T>, what: string, ms = DEADLINE_MS): Promise<T> {
    if (this.wake) throw new Error(`one read at a time: ${what} was asked for during another`);
    try {
      const reading = new Promise<T>((resolve, reject) => {
        this.wake = () => this.attempt(take, what, resolve, reject);
        this.wake();
      });
      return await within(reading, what, ms, () => this.situation());
    } finally {
      this.wake = undefined;
    }
  }

  situation(): string {
    const start = JSON.stringify(this.buffered.subarray(0, 200).toString('latin1'));
    const bytes = this.buffered.length > 0 ? `${this.buffered.length} bytes ${start}` : 'no bytes';
    return `${bytes}; ${this.endedBy ? `ended by ${this.endedBy}` : 'still open'}`;
  }

  private attempt<T>(
    take: Take<T>,
    what: string,
    resolve: (value: T) => void,
    reject: (error: unknown) => void,
  ): void {
    try {
      const taken = take(this.buffered, this.endedBy !== undefined);
      if (taken) {
        this.buffered = this.buffered.subarray(taken.used);
        resolve(taken.value);
      } else if (this.endedBy !== undefined) {
        throw new Error('the stream has ended');
      }
    } catch (cause) {
      const fault = cause instanceof Error ? cause.message : String(cause);
      reject(
        new Error(`waited for ${what}, but ${fault}; instead: ${this.situation()}`, { cause }),
      );
    }
  }
}
