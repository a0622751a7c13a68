import { performance } from 'node:perf_hooks';
import type { OpenCall } from '../calls/open.call.js';
import { contained, type FaultOwner } from '../errors/contained.js';
import { Roster } from '../values/roster.js';
import { Invocation, type CallPeer } from './invocation.js';
import type { LoopLimits } from './loop.limits.js';
import { MessageBody } from './message.body.js';
import type { MessageHandler } from './message.handler.js';
import { STARTS_PER_TURN, type Resumable, type TurnScheduler } from './turn.scheduler.js';

/** What the loop needs from its connection. */
export interface LoopPeer extends CallPeer, FaultOwner {
  /** Whether somebody wants to know how long calls take. */
  readonly isMeasured: boolean;
  /** Called for a violation of the protocol. */
  abort(code: number, reason: string): void;
  /** Runs code that the application may listen to in the context of the connection. */
  inScope(run: () => void): void;
  /** Runs a handler call in the context of the connection. */
  call(handler: MessageHandler, invocation: Invocation): Promise<void> | undefined;
  /** A handler call has ended. */
  countCall(durationMs: number | undefined, type: string | undefined): void;
  /** Messages that were received but will never start. */
  countUnstarted(messages: number): void;
  /** Resolves when another call may start; `undefined` if it may now. */
  roomToSend(): Promise<void> | undefined;
  /** Enough messages wait. */
  holdMessages(): void;
  /** There is room again. */
  releaseMessages(): void;
}

/** What all loops of an application share. */
export interface LoopParts {
  readonly handler: MessageHandler;
  readonly turns: TurnScheduler;
}

/** A message that waits. */
interface Waiting {
  readonly body: MessageBody;
  readonly call: OpenCall | undefined;
}

/** Bytes that a waiting message costs in addition to its payload: many empty ones take memory, too. */
const MESSAGE_COST = 256;
/**
 * The number of messages that may hold more memory than their own bytes; copying each would cost more than a short
 * wait.
 */
const MAX_ATTACHED = 16;
/** The share of the bytes for decoded messages: `ws` may hold most of another message by then. */
const DECODED_SHARE = 0.5;

/**
 * Takes the messages of one connection in order and passes them to the handler, at most `concurrency` at once. Messages
 * that cannot start yet wait here; above the limit, nothing more is decoded.
 */
export class MessageLoop implements Resumable {
  /** Calls in progress that have something to wait for. */
  readonly running = new Roster<Invocation>();
  /** Whether decoding is stopped because enough messages wait here. */
  isHeld = false;
  private readonly queue: Waiting[] = [];
  private queuedBytes = 0;
  private active = 0;
  private isOpening = false;
  protected isStopped = false;
  /** Whether it is other connections' turn. */
  private isYielding = false;
  /** Concurrent calls started since the last turn. */
  private startedBeside = 0;
  private whenIdle: (() => void)[] | undefined;

  constructor(
    protected readonly connection: LoopPeer,
    private readonly parts: LoopParts,
    private readonly limits: LoopLimits,
  ) {}

  /** Runs the handler for the opening of the connection; messages that come meanwhile are handled afterwards. */
  open(): Promise<void> {
    this.isOpening = true;
    return new Promise((resolve) => {
      this.run(undefined, undefined, () => {
        this.isOpening = false;
        resolve();
        this.startQueued();
      });
    });
  }

  receive(data: Buffer, isBinary: boolean): void {
    if (!this.isStopped) this.admit(new MessageBody(data, isBinary));
  }

  /** @param call Present if the client waits for an answer. */
  protected admit(body: MessageBody, call?: OpenCall): void {
    if (this.queue.length === 0 && this.canStart && !this.yields()) {
      this.run(body, call);
      return;
    }
    if (this.queue.push({ body, call }) > MAX_ATTACHED) body.detach();
    this.queuedBytes += body.size + MESSAGE_COST;
    if (this.isHeld || !this.isFull) return;
    this.isHeld = true;
    this.connection.holdMessages();
  }

  onFault(error: unknown): void {
    this.connection.onFault(error);
  }

  /** Continues in a later turn of the event loop. */
  resume(): void {
    this.isYielding = false;
    this.startedBeside = 0;
    this.startQueued();
  }

  /** Notifies listeners to the end of a call. */
  abortCalls(): void {
    // Clients without headers have no calls.
  }

  /** Drops messages that have not started; running calls continue. */
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

  /** Whether the server, not the client, is the reason that nothing happens. */
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
   * @returns Whether nothing else is in progress: everything that still runs was told to stop.
   */
  cancelStreams(except?: Invocation): boolean {
    let othersRun = this.active > this.running.size;
    for (const invocation of this.running) {
      if (invocation === except || !invocation.cancel) othersRun = true;
      else {
        invocation.isCancelled = true;
        void invocation.cancel();
      }
    }
    return !othersRun;
  }

  /** Whether something is in progress, and all of it was told to stop. */
  get hasOnlyStopped(): boolean {
    if (this.active !== this.running.size || this.queue.length > 0) return false;
    for (const { isCancelled } of this.running) if (!isCancelled) return false;
    return this.active > 0;
  }

  /** Resolves when no call is in progress and none waits. */
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

  protected get isFull(): boolean {
    return this.queue.length >= this.limits.maxQueuedMessages || !this.hasSpareBytes;
  }

  protected get hasSpareBytes(): boolean {
    return this.queuedBytes < this.limits.maxQueuedBytes * DECODED_SHARE;
  }

  private yields(): boolean {
    const { turns } = this.parts;
    if (this.startedBeside < STARTS_PER_TURN && !turns.isOver) return false;
    this.isYielding = true;
    turns.wait(this);
    return true;
  }

  private run(
    body: MessageBody | undefined,
    call: OpenCall | undefined,
    onDone?: () => void,
  ): void {
    const invocation = new Invocation(this.connection, body, call);
    const startedAt = this.connection.isMeasured ? performance.now() : undefined;
    this.active += 1;
    const pending = this.connection.call(this.parts.handler, invocation);
    if (!pending) {
      this.settle(startedAt, invocation, onDone);
      return;
    }
    this.running.add(invocation);
    if (this.active > 1) this.startedBeside += 1;
    void pending.then(() => {
      this.running.delete(invocation);
      try {
        this.settle(startedAt, invocation, onDone);
        this.startQueued();
      } catch (error) {
        this.onFault(error);
      }
    });
  }

  /** If sends that the handler did not await pile up, the next message waits instead of the handler. */
  private settle(startedAt: number | undefined, { type }: Invocation, onDone?: () => void): void {
    const room = this.connection.roomToSend();
    if (!room) {
      this.finish(startedAt, type, onDone);
      return;
    }
    void room.then(() =>
      contained(this, () => {
        this.finish(startedAt, type, onDone);
        this.startQueued();
      }),
    );
  }

  private finish(
    startedAt: number | undefined,
    type: string | undefined,
    onDone?: () => void,
  ): void {
    this.active -= 1;
    const durationMs = startedAt === undefined ? undefined : performance.now() - startedAt;
    this.connection.countCall(durationMs, type);
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
      const next = this.queue.shift();
      if (!next) return;
      this.queuedBytes -= next.body.size + MESSAGE_COST;
      this.run(next.body, next.call);
    }
    if (!this.isFull && this.queue.length < this.limits.maxQueuedMessages / 2)
      this.releaseMessages();
  }

  private releaseMessages(): void {
    if (!this.isHeld) return;
    this.isHeld = false;
    this.connection.releaseMessages();
  }
}
