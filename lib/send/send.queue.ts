import type { MessageEncoder, Payload } from '../message/message.codec.js';
import type { FrameSink } from './frame.sink.js';

export interface SendLimits {
  /** Bytes. */
  readonly highWaterMark: number;
  readonly policy: 'wait' | 'drop' | 'close';
  /** Milliseconds. */
  readonly timeout: number;
}

interface WaitingSend {
  /** `undefined` waits for room without sending anything. */
  readonly encode: MessageEncoder | undefined;
  readonly value: unknown;
  readonly settle: (error?: unknown) => void;
}

/**
 * One ordered way out for returned values, stream items and sends. Above the high water mark messages wait here
 * unencoded, so that a client that stopped reading costs the mark and one message.
 */
export class SendQueue {
  sent = 0;
  dropped = 0;
  private waiting: WaitingSend[] = [];
  private deadline: NodeJS.Timeout | undefined;
  private isClosed = false;
  private whenEmpty: (() => void)[] = [];

  constructor(
    private readonly sink: FrameSink,
    private readonly limits: SendLimits,
    private readonly onSlowConsumer: () => void,
  ) {}

  get hasWaiting(): boolean {
    return this.waiting.length > 0;
  }

  /** Bytes written that are still in memory. */
  get bufferedAmount(): number {
    return this.sink.bufferedAmount;
  }

  get isBlocked(): boolean {
    return this.hasWaiting || this.isAboveMark;
  }

  private get isAboveMark(): boolean {
    const { highWaterMark } = this.limits;
    if (this.sink.bufferedAmount <= highWaterMark) return false;
    // Not for what the kernel would take at once.
    this.sink.flushNow();
    return this.sink.bufferedAmount > highWaterMark;
  }

  /**
   * @returns `undefined` where the message is written and the socket can take more, otherwise a promise of that.
   * @throws What `encode` throws, or rejects with it where the message had to wait.
   */
  send(encode: MessageEncoder, value?: unknown): Promise<void> | undefined {
    if (this.isClosed) return undefined;
    if (!this.isBlocked) {
      this.write(encode(value));
      return this.isBlocked && this.limits.policy === 'wait' ? this.ready() : undefined;
    }
    return this.sendAboveMark(encode, value);
  }

  /** Resolves when the socket can take more; at once where it can. Never rejects. */
  ready(): Promise<void> | undefined {
    if (this.isClosed || !this.isBlocked) return undefined;
    return new Promise((resolve) =>
      this.wait({ encode: undefined, value: undefined, settle: () => resolve() }),
    );
  }

  /** To be called before anything else is written to the socket. */
  flushNow(): void {
    this.sink.flushNow();
  }

  /** Resolves when everything has left the process, or the queue was closed. */
  empty(): Promise<void> {
    if (this.isClosed || (this.waiting.length === 0 && this.sink.bufferedAmount === 0))
      return Promise.resolve();
    return new Promise((resolve) => {
      this.whenEmpty.push(resolve);
      this.sink.watch(this.onFlushed);
    });
  }

  /** Forgets what waits and resolves its senders; later sends do nothing. */
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.sink.unwatch();
    clearTimeout(this.deadline);
    for (const { settle } of this.waiting.splice(0)) settle();
    for (const resolve of this.whenEmpty.splice(0)) resolve();
  }

  private sendAboveMark(encode: MessageEncoder, value: unknown): Promise<void> | undefined {
    switch (this.limits.policy) {
      case 'drop':
        this.dropped += 1;
        return undefined;
      case 'close':
        this.onSlowConsumer();
        return undefined;
      case 'wait':
        return new Promise((resolve, reject) => {
          const settle = (error?: unknown): void =>
            error === undefined ? resolve() : reject(error);
          this.wait({ encode, value, settle });
        });
    }
  }

  private wait(send: WaitingSend): void {
    this.waiting.push(send);
    this.deadline ??= setTimeout(this.onSlowConsumer, this.limits.timeout);
    this.sink.watch(this.onFlushed);
  }

  private write(payload: Payload): void {
    this.sent += 1;
    this.sink.writeFrame(payload);
  }

  private readonly onFlushed = (): void => {
    if (this.waiting.length > 0) this.writeWaiting();
    if (this.waiting.length > 0) return;
    if (this.sink.bufferedAmount === 0) for (const resolve of this.whenEmpty.splice(0)) resolve();
    if (this.whenEmpty.length === 0) this.sink.unwatch();
  };

  private writeWaiting(): void {
    const before = this.waiting.length;
    while (this.waiting.length > 0 && !this.isAboveMark) this.startNext();
    if (this.waiting.length < before) this.restartDeadline();
  }

  private startNext(): void {
    const next = this.waiting.shift();
    if (!next) return;
    try {
      if (next.encode) this.write(next.encode(next.value));
      next.settle();
    } catch (error) {
      next.settle(error);
    }
  }

  /** The reader made progress: whoever still waits, waits anew. */
  private restartDeadline(): void {
    clearTimeout(this.deadline);
    this.deadline =
      this.waiting.length > 0 ? setTimeout(this.onSlowConsumer, this.limits.timeout) : undefined;
  }
}
