import { performance } from 'node:perf_hooks';
import { Invocation } from './invocation.js';
import { MessageBody } from './message.body.js';
import type { MessageHandler } from './message-handler.factory.js';
import type { Connection } from '../connection/connection.js';

export interface LoopLimits {
  /** Messages handled at once. */
  readonly concurrency: number;
  /** Messages received and not yet started. */
  readonly maxQueuedMessages: number;
  /** Bytes of such messages. */
  readonly maxQueuedBytes: number;
}

/** What a waiting message costs beside its payload, in bytes: many empty ones take memory, too. */
const MESSAGE_COST = 256;
/** As many may hold more memory than their own bytes; to copy each would cost more than a short wait is worth. */
const MAX_ATTACHED = 16;

/**
 * Takes the messages of one connection in order and hands them to the handler, at most `concurrency` at once. What
 * cannot start yet waits here; above the limit the socket is paused.
 */
export class MessageLoop {
  /** Calls under way that have something to wait for. */
  readonly running = new Set<Invocation>();
  /** Whether the socket is not read, since enough waits here. */
  isReadingPaused = false;
  /** Since when, as `Date.now()`. */
  pausedAt = 0;
  private readonly queue: MessageBody[] = [];
  private queuedBytes = 0;
  private active = 0;
  private isOpening = false;
  private isStopped = false;
  /** Reading goes on although the queue is full: see {@link peek}. */
  private isPeeking = false;
  private whenIdle: (() => void)[] | undefined;

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
    if (this.queue.push(body) > MAX_ATTACHED) body.detach();
    this.queuedBytes += body.size + MESSAGE_COST;
    if (this.isFull && !this.isReadingPaused) {
      this.isReadingPaused = true;
      this.pausedAt = Date.now();
      this.connection.pauseReading();
    }
  }

  /** Drops what has not started; what runs goes on. */
  stop(): void {
    this.isStopped = true;
    this.queue.length = 0;
    this.queuedBytes = 0;
    this.resumeReading();
  }

  /** How many messages wait. */
  get depth(): number {
    return this.queue.length;
  }

  /**
   * Reads on although too many messages wait, as long as their bytes allow it: a socket that nobody reads shows
   * neither close frame, FIN nor pong, and a client that left would go unnoticed while its handler is busy.
   *
   * @returns False where that much waits already that nothing more may be read.
   */
  peek(): boolean {
    if (this.hasFullMemory) return false;
    this.isPeeking = true;
    this.resumeReading();
    return true;
  }

  /**
   * Stops the streams of all calls but one.
   *
   * @returns Whether nothing else is under way: what still runs was told to stop.
   */
  cancelStreams(except?: Invocation): boolean {
    let othersRun = this.active > this.running.size;
    for (const invocation of this.running) {
      if (invocation !== except && invocation.cancel) invocation.cancel();
      else othersRun = true;
    }
    return !othersRun;
  }

  /** Resolves when no call is under way. */
  idle(): Promise<void> {
    if (this.active === 0) return Promise.resolve();
    return new Promise((resolve) => (this.whenIdle ??= []).push(resolve));
  }

  private get canStart(): boolean {
    return this.active < this.limits.concurrency && !this.isOpening;
  }

  private get isFull(): boolean {
    return (
      this.hasFullMemory || (this.queue.length >= this.limits.maxQueuedMessages && !this.isPeeking)
    );
  }

  private get hasFullMemory(): boolean {
    return this.queuedBytes >= this.limits.maxQueuedBytes;
  }

  private start(body: MessageBody): void {
    this.run(body, undefined);
  }

  private run(body: MessageBody | undefined, onDone: (() => void) | undefined): void {
    const invocation = new Invocation(this.connection, body);
    const startedAt = this.connection.isMeasured ? performance.now() : undefined;
    this.active += 1;
    const pending = this.handler(invocation);
    if (!pending) {
      this.settle(startedAt, onDone);
      return;
    }
    this.running.add(invocation);
    void pending.then(() => {
      this.running.delete(invocation);
      this.settle(startedAt, onDone);
      this.startQueued();
    });
  }

  /** Where sends that the handler did not wait for pile up, the next message waits in its stead. */
  private settle(startedAt: number | undefined, onDone: (() => void) | undefined): void {
    const room = this.connection.roomToSend();
    if (!room) {
      this.finish(startedAt, onDone);
      return;
    }
    void room.then(() => {
      this.finish(startedAt, onDone);
      this.startQueued();
    });
  }

  private finish(startedAt: number | undefined, onDone: (() => void) | undefined): void {
    this.active -= 1;
    this.connection.countCall(startedAt === undefined ? undefined : performance.now() - startedAt);
    onDone?.();
    const { whenIdle } = this;
    if (this.active > 0 || !whenIdle) return;
    this.whenIdle = undefined;
    for (const resolve of whenIdle) resolve();
  }

  private startQueued(): void {
    while (this.canStart && this.queue.length > 0) {
      const body = this.queue.shift();
      if (!body) return;
      this.queuedBytes -= body.size + MESSAGE_COST;
      this.start(body);
    }
    if (this.queue.length >= this.limits.maxQueuedMessages / 2 || this.hasFullMemory) return;
    this.isPeeking = false;
    this.resumeReading();
  }

  private resumeReading(): void {
    if (!this.isReadingPaused) return;
    this.isReadingPaused = false;
    this.connection.resumeReading();
  }
}
