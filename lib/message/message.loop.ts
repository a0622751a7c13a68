import { performance } from 'node:perf_hooks';
import { contained, type FaultOwner } from '../errors/contained.js';
import type { ResolvedRouteOptions } from '../options/revali-ws.options.resolver.js';
import { Invocation, type CallPeer } from './invocation.js';
import { MessageBody } from './message.body.js';
import type { MessageHandler } from './message.handler.js';
import { STARTS_PER_TURN, type Resumable, type TurnScheduler } from './turn.scheduler.js';

/** What the loop asks of its connection. */
export interface LoopPeer extends CallPeer, FaultOwner {
  /** Whether somebody wants to know how long calls take. */
  readonly isMeasured: boolean;
  /** Runs a call of the handler in the context of the connection. */
  call(handler: MessageHandler, invocation: Invocation): Promise<void> | undefined;
  /** A call of the handler has ended. */
  countCall(durationMs: number | undefined): void;
  /** Messages that came and will not be started any more. */
  countUnstarted(messages: number): void;
  /** Resolves when another call may start; `undefined` where it may now. */
  roomToSend(): Promise<void> | undefined;
  /** Enough messages wait. */
  holdMessages(): void;
  /** There is room again. */
  releaseMessages(): void;
}

export interface LoopLimits {
  /** Messages handled at once. */
  readonly concurrency: number;
  /** Messages received and not yet started. */
  readonly maxQueuedMessages: number;
  /** Bytes that may be kept of such messages, decoded or not. */
  readonly maxQueuedBytes: number;
}

/** Where not even a small queue would fit into `maxPayload`. */
const MIN_QUEUED_BYTES = 64 * 1024;

/** Those of a route's loops. */
export function loopLimitsOf(
  { concurrency, maxPayload }: ResolvedRouteOptions,
  maxQueuedMessages: number,
): LoopLimits {
  const maxQueuedBytes = Math.max(maxPayload, MIN_QUEUED_BYTES);
  return { concurrency, maxQueuedMessages, maxQueuedBytes };
}

/** What all loops of an application share. */
export interface LoopParts {
  readonly handler: MessageHandler;
  readonly turns: TurnScheduler;
}

/** What a waiting message costs beside its payload, in bytes: many empty ones take memory, too. */
const MESSAGE_COST = 256;
/** As many may hold more memory than their own bytes; to copy each would cost more than a short wait is worth. */
const MAX_ATTACHED = 16;
/** Of the bytes, those for decoded messages: `ws` may have most of another one by then. */
const DECODED_SHARE = 0.5;

/**
 * Takes the messages of one connection in order and hands them to the handler, at most `concurrency` at once. What
 * cannot start yet waits here; above the limit nothing more is decoded.
 */
export class MessageLoop implements Resumable {
  /** Calls under way that have something to wait for. */
  readonly running = new Set<Invocation>();
  /** Whether no message is decoded, since enough wait here. */
  isHeld = false;
  private readonly queue: MessageBody[] = [];
  private queuedBytes = 0;
  private active = 0;
  private isOpening = false;
  private isStopped = false;
  /** Whether it is the turn of others. */
  private isYielding = false;
  /** Calls started beside others since the last turn. */
  private startedBeside = 0;
  private whenIdle: (() => void)[] | undefined;

  constructor(
    private readonly connection: LoopPeer,
    private readonly parts: LoopParts,
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
    if (this.queue.length === 0 && this.canStart && !this.yields()) {
      this.start(body);
      return;
    }
    if (this.queue.push(body) > MAX_ATTACHED) body.detach();
    this.queuedBytes += body.size + MESSAGE_COST;
    if (this.isHeld || !this.isFull) return;
    this.isHeld = true;
    this.connection.holdMessages();
  }

  onFault(error: unknown): void {
    this.connection.onFault(error);
  }

  /** Goes on in a later turn of the event loop. */
  resume(): void {
    this.isYielding = false;
    this.startedBeside = 0;
    this.startQueued();
  }

  /** Drops what has not started; what runs goes on. */
  stop(): void {
    this.isStopped = true;
    this.connection.countUnstarted(this.queue.length);
    this.queue.length = 0;
    this.queuedBytes = 0;
    this.checkIdle();
    this.releaseMessages();
  }

  /** How many messages wait. */
  get depth(): number {
    return this.queue.length;
  }

  /** Whether it is not for the client that nothing happens. */
  get isBusy(): boolean {
    return this.isHeld || !this.isIdle;
  }

  /** Bytes that may still wait. */
  get spareBytes(): number {
    return this.limits.maxQueuedBytes - this.queuedBytes;
  }

  /** Whether a message waits or is being handled. */
  get hasMessages(): boolean {
    if (this.queue.length > 0 || this.active > this.running.size) return true;
    for (const { body } of this.running) if (body) return true;
    return false;
  }

  /**
   * Stops the streams of all calls but one.
   *
   * @returns Whether nothing else is under way: what still runs was told to stop.
   */
  cancelStreams(except?: Invocation): boolean {
    let othersRun = this.active > this.running.size;
    for (const invocation of this.running) {
      if (invocation === except || !invocation.cancel) othersRun = true;
      else {
        invocation.isCancelled = true;
        invocation.cancel();
      }
    }
    return !othersRun;
  }

  /** Whether something is under way, and all of it was told to stop. */
  get hasOnlyStopped(): boolean {
    if (this.active !== this.running.size || this.queue.length > 0) return false;
    for (const { isCancelled } of this.running) if (!isCancelled) return false;
    return this.active > 0;
  }

  /** Resolves when no call is under way and none waits. */
  idle(): Promise<void> {
    if (this.isIdle) return Promise.resolve();
    return new Promise((resolve) => (this.whenIdle ??= []).push(resolve));
  }

  private get isIdle(): boolean {
    return this.active === 0 && this.queue.length === 0;
  }

  private get canStart(): boolean {
    return this.active < this.limits.concurrency && !this.isOpening && !this.isYielding;
  }

  private get isFull(): boolean {
    return this.queue.length >= this.limits.maxQueuedMessages || !this.hasSpareBytes;
  }

  private get hasSpareBytes(): boolean {
    return this.queuedBytes < this.limits.maxQueuedBytes * DECODED_SHARE;
  }

  private yields(): boolean {
    const { turns } = this.parts;
    if (this.startedBeside < STARTS_PER_TURN && !turns.isOver) return false;
    this.isYielding = true;
    turns.wait(this);
    return true;
  }

  private start(body: MessageBody): void {
    this.run(body, undefined);
  }

  private run(body: MessageBody | undefined, onDone: (() => void) | undefined): void {
    const invocation = new Invocation(this.connection, body);
    const startedAt = this.connection.isMeasured ? performance.now() : undefined;
    this.active += 1;
    const pending = this.connection.call(this.parts.handler, invocation);
    if (!pending) {
      this.settle(startedAt, onDone);
      return;
    }
    this.running.add(invocation);
    if (this.active > 1) this.startedBeside += 1;
    void pending.then(() => {
      this.running.delete(invocation);
      try {
        this.settle(startedAt, onDone);
        this.startQueued();
      } catch (error) {
        this.onFault(error);
      }
    });
  }

  /** Where sends that the handler did not wait for pile up, the next message waits in its stead. */
  private settle(startedAt: number | undefined, onDone: (() => void) | undefined): void {
    const room = this.connection.roomToSend();
    if (!room) {
      this.finish(startedAt, onDone);
      return;
    }
    void room.then(() =>
      contained(this, () => {
        this.finish(startedAt, onDone);
        this.startQueued();
      }),
    );
  }

  private finish(startedAt: number | undefined, onDone: (() => void) | undefined): void {
    this.active -= 1;
    this.connection.countCall(startedAt === undefined ? undefined : performance.now() - startedAt);
    onDone?.();
    this.checkIdle();
  }

  private checkIdle(): void {
    const { whenIdle } = this;
    if (!whenIdle || !this.isIdle) return;
    this.whenIdle = undefined;
    for (const resolve of whenIdle) resolve();
  }

  private startQueued(): void {
    while (this.canStart && this.queue.length > 0) {
      if (this.yields()) return;
      const body = this.queue.shift();
      if (!body) return;
      this.queuedBytes -= body.size + MESSAGE_COST;
      this.start(body);
    }
    if (this.queue.length < this.limits.maxQueuedMessages / 2 && this.hasSpareBytes)
      this.releaseMessages();
  }

  private releaseMessages(): void {
    if (!this.isHeld) return;
    this.isHeld = false;
    this.connection.releaseMessages();
  }
}
