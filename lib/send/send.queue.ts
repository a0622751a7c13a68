import type { PreparedMessage } from '../handles/prepared.message.js';
import type { ResolvedBackpressure } from '../options/connection.descriptors.js';
import type { FrameSink } from './frame.sink.js';
import type { Outgoing, OutgoingEncoder } from './message.encoder.js';
import { StallWatch } from './stall.watch.js';

/** What a client may have waiting. */
export type SendLimits = ResolvedBackpressure;

/** What becomes of messages for a client that reads too slowly. */
export type SlowPolicy = SendLimits['policy'];

/**
 * One ordered way out for returned values, stream items and sends. Each is encoded when it is given, since its owner
 * may change it afterwards; who can wait is told when there is room again.
 */
export class SendQueue {
  sent = 0;
  dropped = 0;
  /** Resolves when the socket can take more. One for all who wait, so that many who do not cost nothing. */
  private room: Promise<void> | undefined;
  private onRoom: (() => void) | undefined;
  /** Messages sent while others waited for room. */
  private unawaited = 0;
  /** Small ones, sent above the mark since the last below it. */
  private owed = 0;
  private isClosed = false;
  private whenEmpty: (() => void)[] = [];
  private stall: StallWatch | undefined;

  constructor(
    private readonly sink: FrameSink,
    private readonly limits: SendLimits,
    private readonly onSlowConsumer: () => void,
  ) {}

  /** Bytes that are held in memory until the kernel takes them. */
  get bufferedAmount(): number {
    return this.sink.bufferedAmount;
  }

  private get isAboveMark(): boolean {
    const { highWaterMark } = this.limits;
    if (this.sink.bufferedAmount <= highWaterMark) return false;
    // Not for what the kernel would take at once.
    this.sink.flushNow();
    return this.sink.bufferedAmount > highWaterMark;
  }

  /**
   * Sends for somebody who may go on without waiting.
   *
   * @returns `undefined` where the socket can take more, otherwise a promise of that. It never rejects.
   * @throws What `encode` throws.
   */
  send(encode: OutgoingEncoder, value?: unknown): Promise<void> | undefined {
    if (this.isClosed) return undefined;
    const isAbove = this.isAboveMark;
    if (!this.push(encode, value, isAbove) || this.limits.policy !== 'wait') return undefined;
    if (!isAbove) this.unawaited = 0;
    if (!isAbove || this.mayWait()) return this.ready();
    this.onSlowConsumer();
    return undefined;
  }

  /** Sends what goes to many: nobody waits for one of them. @param policy Default: that of the route. */
  offer(message: PreparedMessage, policy: SlowPolicy = this.limits.policy): void {
    if (this.isClosed) return;
    const isAbove = this.isAboveMark;
    if (!isAbove || policy === 'wait') this.write(message);
    else if (policy === 'drop') this.dropped += 1;
    else this.onSlowConsumer();
    if (!isAbove) this.unawaited = 0;
    else if (policy === 'wait' && !this.mayWait()) this.onSlowConsumer();
  }

  /** Sends what goes to many, unless the client reads too slowly. @returns Whether it was sent. */
  tryOffer(message: PreparedMessage): boolean {
    if (this.isClosed) return true;
    if (this.isAboveMark) return false;
    this.write(message);
    return true;
  }

  /** Sends what a client has missed, one after another. @returns When the next one is welcome. */
  sendMissed(message: PreparedMessage): Promise<void> | undefined {
    if (this.isClosed) return undefined;
    this.write(message);
    return this.ready();
  }

  /** Sends what a call returned: there are no more of them than calls at once, and {@link forCalls} follows. */
  sendResult(encode: OutgoingEncoder, value: unknown): void {
    if (!this.isClosed) this.push(encode, value, this.isAboveMark);
  }

  /** Sends an item of a stream that is pulled, whatever the policy. @returns When the next one is welcome. */
  sendPulled(encode: OutgoingEncoder, value: unknown): Promise<void> | undefined {
    if (this.isClosed) return undefined;
    this.write(encode(value));
    return this.ready();
  }

  /** Sends what the client was promised, whatever the policy. Who makes many of them owed must read. */
  sendOwed(encode: OutgoingEncoder, value: unknown): void {
    if (this.isClosed) return;
    const isAbove = this.isAboveMark;
    this.write(encode(value));
    this.owed = isAbove ? this.owed + 1 : 0;
    if (this.owed > this.limits.maxWaiting.messages) this.onSlowConsumer();
  }

  /** Resolves when the socket can take more; at once where it can. Never rejects. */
  ready(): Promise<void> | undefined {
    if (this.isClosed || !this.isAboveMark) return undefined;
    this.sink.awaitStream();
    this.watchForStall();
    return (this.room ??= new Promise((resolve) => {
      this.onRoom = resolve;
    }));
  }

  /** The same for whoever would start another call; only where somebody waits at all. */
  forCalls(): Promise<void> | undefined {
    return this.room ?? (this.limits.policy === 'wait' ? this.ready() : undefined);
  }

  /** To be called before anything else is written to the socket. */
  flush(): void {
    this.sink.flushNow();
    this.sink.flushAll();
  }

  /** Resolves when everything has left the process, or the queue was closed. */
  empty(): Promise<void> {
    if (this.isEmpty) return Promise.resolve();
    this.sink.awaitStream();
    return new Promise((resolve) => this.whenEmpty.push(resolve));
  }

  /** To be called where the kernel does not take something at once. */
  watchForStall(): void {
    if (this.isClosed) return;
    this.stall ??= new StallWatch(this.limits.timeout, this.sink, this.onSlowConsumer);
    this.stall.start();
  }

  /** To be called when the kernel has taken some of what was left. */
  onTaken(): void {
    if (this.room && !this.isAboveMark) this.makeRoom();
    if (this.whenEmpty.length > 0 && this.isEmpty) this.tellEmpty();
  }

  /** Gives up what waits and lets go of who waits; later sends do nothing. */
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.sink.flushNow();
    this.sink.drop();
    this.stall?.stop();
    this.makeRoom();
    this.tellEmpty();
  }

  private get isEmpty(): boolean {
    if (this.isClosed) return true;
    this.sink.flushNow();
    return this.sink.bufferedAmount === 0;
  }

  /** @returns Whether it was written. */
  private push(encode: OutgoingEncoder, value: unknown, isAbove: boolean): boolean {
    const { policy } = this.limits;
    if (!isAbove || policy === 'wait') {
      this.write(encode(value));
      return true;
    }
    if (policy === 'drop') this.dropped += 1;
    else this.onSlowConsumer();
    return false;
  }

  private write(payload: Outgoing): void {
    this.sent += 1;
    this.sink.writeFrame(payload);
  }

  private mayWait(): boolean {
    const { highWaterMark, maxWaiting } = this.limits;
    this.unawaited += 1;
    if (this.unawaited > maxWaiting.messages) return false;
    return this.bufferedAmount <= highWaterMark + maxWaiting.bytes;
  }

  private makeRoom(): void {
    this.onRoom?.();
    this.onRoom = undefined;
    this.room = undefined;
    this.unawaited = 0;
    if (!this.sink.hasUnsent) this.stall?.stop();
  }

  private tellEmpty(): void {
    for (const resolve of this.whenEmpty.splice(0)) resolve();
  }
}
