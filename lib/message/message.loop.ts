import { Invocation } from './invocation.js';
import { MessageBody } from './message.body.js';
import type { MessageHandler } from './message-handler.factory.js';
import type { Connection } from '../connection/connection.js';

export interface LoopLimits {
  /** Messages handled at once. */
  readonly concurrency: number;
  /** Messages received and not yet started. */
  readonly maxQueuedMessages: number;
}

/**
 * Takes the messages of one connection in order and hands them to the handler, at most `concurrency` at once. What
 * cannot start yet waits here; above the limit the socket is paused.
 */
export class MessageLoop {
  /** Calls under way that have something to wait for. */
  readonly running = new Set<Invocation>();
  private readonly queue: MessageBody[] = [];
  private active = 0;
  private isOpening = false;
  private isStopped = false;
  private isPaused = false;
  private whenIdle: (() => void)[] = [];

  constructor(
    private readonly connection: Connection,
    private readonly handler: MessageHandler,
    private readonly limits: LoopLimits,
  ) {}

  /** Runs the handler for the opening of the connection; messages that come meanwhile are handled afterwards. */
  open(): Promise<void> {
    this.isOpening = true;
    return new Promise((resolve) => {
      this.run(undefined, () => {
        this.isOpening = false;
        resolve();
        this.startQueued();
      });
    });
  }

  receive(data: Buffer, isBinary: boolean): void {
    if (this.isStopped) return;
    const body = new MessageBody(data, isBinary);
    if (this.canStart && this.queue.length === 0) {
      this.start(body);
      return;
    }
    this.queue.push(body);
    if (this.queue.length >= this.limits.maxQueuedMessages && !this.isPaused) {
      this.isPaused = true;
      this.connection.pauseReading();
    }
  }

  /** Drops what has not started; what runs goes on. */
  stop(): void {
    this.isStopped = true;
    this.queue.length = 0;
    this.resumeReading();
  }

  /** Stops the streams of all calls but one. */
  cancelStreams(except?: Invocation): void {
    for (const invocation of this.running) {
      if (invocation !== except) invocation.cancel?.();
    }
  }

  /** Resolves when no call is under way. */
  idle(): Promise<void> {
    if (this.active === 0) return Promise.resolve();
    return new Promise((resolve) => this.whenIdle.push(resolve));
  }

  private get canStart(): boolean {
    return this.active < this.limits.concurrency && !this.isOpening;
  }

  private start(body: MessageBody): void {
    this.run(body, undefined);
  }

  private run(body: MessageBody | undefined, onDone: (() => void) | undefined): void {
    const invocation = new Invocation(this.connection, body);
    this.active += 1;
    const pending = this.handler(invocation);
    if (!pending) {
      this.finish(onDone);
      return;
    }
    this.running.add(invocation);
    void pending.then(() => {
      this.running.delete(invocation);
      this.finish(onDone);
      this.startQueued();
    });
  }

  private finish(onDone: (() => void) | undefined): void {
    this.active -= 1;
    onDone?.();
    if (this.active > 0) return;
    for (const resolve of this.whenIdle.splice(0)) resolve();
  }

  private startQueued(): void {
    while (this.canStart && this.queue.length > 0) {
      const body = this.queue.shift();
      if (body) this.start(body);
    }
    if (this.queue.length < this.limits.maxQueuedMessages / 2) this.resumeReading();
  }

  private resumeReading(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    this.connection.resumeReading();
  }
}
