import type { PreparedMessage } from '../handles/prepared.message.js';
import type { ResolvedBackpressure } from '../options/connection.descriptors.js';
import type { FrameSink } from './frame.sink.js';
import type { Outgoing, OutgoingEncoder } from './message.encoder.js';
import { StallWatch } from './stall.watch.js';

/** What may wait for one client. */
export type SendLimits = ResolvedBackpressure;

/** What happens to messages when a client reads too slowly. */
export type SlowPolicy = SendLimits['policy'];

/**
 * The single ordered path for return values, stream items, and sends. Each value is encoded at once, because its owner
 * may change it afterwards; senders that can wait learn when there is room again.
 */
export class SendQueue {
  sent = 0;
  dropped = 0;
  /** Resolves when the socket can take more. Shared by all who wait, so senders that do not wait cost nothing. */
  private room: Promise<void> | undefined;
  private onRoom: (() => void) | undefined;
  /** Messages sent while others waited for room. */
  private unawaited = 0;
  /** Small owed messages sent above the mark since it was last below. */
  private owed = 0;
  private isClosed = false;
  private whenEmpty: (() => void)[] = [];
  private stall: StallWatch | undefined;

  constructor(
    private readonly sink: FrameSink,
    private readonly limits: SendLimits,
    private readonly onSlowConsumer: () => void,
  ) {}

  /** Bytes held in memory until the kernel takes them. */
  get bufferedAmount(): number {
    return this.sink.bufferedAmount;
  }

  private get isAboveMark(): boolean {
    const { highWaterMark } = this.limits;
    if (this.sink.bufferedAmount <= highWaterMark) return false;
    // Data that the kernel would take at once does not count.
    this.sink.flushNow();
    return this.sink.bufferedAmount > highWaterMark;
  }

  /**
   * Sends for a caller that may continue without waiting.
   *
   * @returns `undefined` if the socket can take more, otherwise a promise of that. It never rejects.
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

  /** Sends a message for many clients; nobody waits for it. @param policy Default: the route's policy. */
  offer(message: PreparedMessage, policy: SlowPolicy = this.limits.policy): void {
    if (this.isClosed) return;
    const isAbove = this.isAboveMark;
    if (!isAbove || policy === 'wait') this.write(message);
    else if (policy === 'drop') this.dropped += 1;
    else this.onSlowConsumer();
    if (!isAbove) this.unawaited = 0;
    else if (policy === 'wait' && !this.mayWait()) this.onSlowConsumer();
  }

  /** Sends a message for many clients, unless this client reads too slowly. @returns Whether it was sent. */
  tryOffer(message: PreparedMessage): boolean {
    if (this.isClosed) return true;
    if (this.isAboveMark) return false;
    this.write(message);
    return true;
  }

  /** Sends a message that a client has missed, one after another. @returns When the next one is welcome. */
  sendMissed(message: PreparedMessage): Promise<void> | undefined {
    if (this.isClosed) return undefined;
    this.write(message);
    return this.ready();
  }

  /** Sends the result of a call: there are no more of them than concurrent calls, and {@link forCalls} follows. */
  sendResult(encode: OutgoingEncoder, value: unknown): void {
    if (!this.isClosed) this.push(encode, value, this.isAboveMark);
  }

  /** Sends an item of a pulled stream, whatever the policy. @returns When the next one is welcome. */
  sendPulled(encode: OutgoingEncoder, value: unknown): Promise<void> | undefined {
    if (this.isClosed) return undefined;
    this.write(encode(value));
    return this.ready();
  }

  /** Sends a message that the client is owed, whatever the policy. A client that causes many of them must read. */
  sendOwed(encode: OutgoingEncoder, value: unknown): void {
    if (this.isClosed) return;
    const isAbove = this.isAboveMark;
    this.write(encode(value));
    this.owed = isAbove ? this.owed + 1 : 0;
    if (this.owed > this.limits.maxWaiting.messages) this.onSlowConsumer();
  }

  /** Resolves when the socket can take more; at once if it can. Never rejects. */
  ready(): Promise<void> | undefined {
    if (this.isClosed || !this.isAboveMark) return undefined;
    this.sink.awaitStream();
    this.watchForStall();
    return (this.room ??= new Promise((resolve) => {
      this.onRoom = resolve;
    }));
  }

  /** The same before another call starts; only if anyone waits at all. */
  forCalls(): Promise<void> | undefined {
    return this.room ?? (this.limits.policy === 'wait' ? this.ready() : undefined);
  }

  /** Call it before anything else is written to the socket. */
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

  /** Call it if the kernel does not take something at once. */
  watchForStall(): void {
    if (this.isClosed) return;
    this.stall ??= new StallWatch(this.limits.timeout, this.sink, this.onSlowConsumer);
    this.stall.start();
  }

  /** Call it when the kernel has taken some of the rest. */
  onTaken(): void {
    if (this.room && !this.isAboveMark) this.makeRoom();
    if (this.whenEmpty.length > 0 && this.isEmpty) this.tellEmpty();
  }

  /** Discards waiting data and releases waiting callers; later sends do nothing. */
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
