import type { IncomingMessage } from 'node:http';
import { CloseCode, SHUTTING_DOWN } from '../close/close.code.js';
import { closeFrame } from '../close/close.frame.js';
import { ConnectionEnd, STREAM_SHARE } from '../connection/connection.end.js';
import { ConnectionTimers, type TimerEvents } from '../connection/connection.timers.js';
import { MAX_PAUSE, type HeartbeatPeer, type HeartbeatSlot } from '../connection/heartbeat.js';
import { contained } from '../errors/contained.js';
import { stackOf } from '../log/error.text.js';
import type { SlowPolicy } from '../send/send.queue.js';
import type { SocketOwner } from '../ws/socket.owner.js';
import type { LifeSigns } from '../ws/socket.vitals.js';
import { GatewayBacklog, type BacklogOwner } from './gateway.backlog.js';
import type { ClientConnection, GatewayClient } from './gateway.client.js';
import { GatewayMember, type MemberConnection } from './gateway.member.js';
import { GatewayMessages } from './gateway.messages.js';
import type { GatewayRuntime } from './gateway.runtime.js';

/** One client of a gateway, from the upgrade to its end: heartbeat, limits, messages, close. */
export class GatewayConnection
  implements
    SocketOwner,
    HeartbeatPeer,
    TimerEvents,
    BacklogOwner,
    ClientConnection,
    MemberConnection
{
  readonly backlog: GatewayBacklog;
  readonly messages: GatewayMessages;
  closed: { readonly code: number; readonly reason: string } | undefined;
  private readonly timers: ConnectionTimers;
  heartbeatSlot: HeartbeatSlot | undefined;
  heartbeatPlace = 0;
  private leaving: ConnectionEnd | undefined;
  hasEnded = false;
  private lazyMember: GatewayMember | undefined;
  private hasFailed = false;
  private readonly gone: Promise<void>;

  constructor(
    readonly client: GatewayClient,
    /** Present if requests are kept. */
    readonly request: IncomingMessage | undefined,
    private readonly runtime: GatewayRuntime,
    private readonly onGone: () => void,
  ) {
    const { options, heartbeat, counters } = runtime;
    counters.opened += 1;
    this.gone = new Promise((resolve) => client.once('close', () => resolve()));
    this.backlog = new GatewayBacklog(this, options.backpressure);
    this.messages = new GatewayMessages(this, runtime);
    this.timers = new ConnectionTimers(options, this);
    client.connection = this;
    client.attach(this);
    // Nest 11 passes exceptions to native sockets as events; Nest 12 sends them itself.
    client.on('exception', (data: unknown) => this.messages.deliver({ event: 'exception', data }));
    heartbeat?.add(this);
  }

  get bufferedAmount(): number {
    return this.client.bufferedAmount;
  }

  get isReadingPaused(): boolean {
    return this.client.isBlind;
  }

  get lifeSigns(): LifeSigns {
    return this.client;
  }

  get isBusy(): boolean {
    return this.messages.isBusy;
  }

  get messageBytes(): number {
    return this.client.messageBytes;
  }

  write(payload: string | Uint8Array): void {
    if (this.client.readyState === this.client.OPEN) this.client.send(payload);
  }

  get hasUnsent(): boolean {
    return this.client.hasUnsent;
  }

  hasMoved(): boolean {
    return this.client.hasMoved();
  }

  get member(): GatewayMember {
    return (this.lazyMember ??= new GatewayMember(this));
  }

  admit(policy?: SlowPolicy): boolean {
    return this.backlog.admit(policy);
  }

  onSent(): void {
    this.runtime.counters.sent += 1;
  }

  close(code: number, reason: string): void {
    const frame = closeFrame(code, reason);
    contained(this, () => this.client.close(frame.code, frame.reason));
  }

  /**
   * Lets running calls finish and their results leave, then sends the close frame. Resolves when the client is gone.
   */
  async shutDown(): Promise<void> {
    this.messages.stop();
    await this.messages.idle();
    this.close(CloseCode.GoingAway, SHUTTING_DOWN);
    await this.gone;
  }

  terminate(): void {
    this.close(CloseCode.GoingAway, SHUTTING_DOWN);
    this.client.terminate();
  }

  holdMessages(): void {
    this.client.hold();
  }

  releaseMessages(): void {
    this.runtime.heartbeat?.onReadingResumed(this);
    this.client.release();
  }

  onAllDone(): void {
    this.timers.onActivity();
  }

  /** Its handlers are stuck and it has sent more than may wait, so nobody can tell whether it is still there. */
  peek(): void {
    const { client, runtime } = this;
    if (client.peek(runtime.options.maxPayload)) return;
    if (Date.now() - client.blindSince < MAX_PAUSE) return;
    this.close(CloseCode.PolicyViolation, 'Too many queued messages');
  }

  ping(payload: Buffer | undefined): void {
    this.client.ping(payload);
  }

  onMessage(data: Buffer, isBinary: boolean): void {
    this.runtime.counters.received += 1;
    if (this.timers.countMessage()) this.messages.receive(data, isBinary);
    else this.close(CloseCode.PolicyViolation, 'Too many messages');
  }

  onPing(): void {
    // ws answers it, unless the options of the gateway say otherwise.
  }

  onPong(data: Buffer): boolean {
    return this.runtime.heartbeat?.onPong(this, data) ?? true;
  }

  onCloseSeen(): void {
    this.leave();
  }

  onPeerClosing(): boolean {
    if (this.hasEnded || !this.messages.isBusy) return false;
    this.leave();
    void this.messages.done().then(() => this.echo());
    return true;
  }

  onHeartbeatLost(): void {
    this.close(CloseCode.GoingAway, 'Heartbeat lost');
    this.client.terminate();
  }

  onIdle(): void {
    this.close(CloseCode.GoingAway, 'Idle timeout');
  }

  onLifetime(): void {
    this.close(CloseCode.ServiceRestart, 'Lifetime is over');
  }

  onDropped(): void {
    this.runtime.counters.dropped += 1;
  }

  onSlowConsumer(): void {
    if (this.hasEnded) return;
    this.runtime.counters.slowConsumers += 1;
    this.client.dropUnsent();
    this.close(CloseCode.PolicyViolation, 'Slow consumer');
  }

  onSendFailed(error: unknown): void {
    this.messages.fail(error);
  }

  onCleanUpError(error: unknown): void {
    this.runtime.logger.error(`A clean-up of a client failed: ${stackOf(error)}`);
  }

  onFault(error: unknown): void {
    this.runtime.notices.faults.add(() => `A client was cut after ${stackOf(error)}`);
    this.client.terminate();
  }

  onError(error: Error): void {
    // Called before the close frame and after it.
    if (this.hasFailed) return;
    this.hasFailed = true;
    this.runtime.notices.protocol.add(() => `A client broke the protocol: ${error.message}`);
  }

  onUnsent(): void {
    if (!this.hasEnded) this.backlog.watchForStall();
  }

  onTaken(): void {
    this.backlog.onTaken();
    this.messages.onRoom();
  }

  onClosing(): void {
    this.end();
  }

  onCloseSent(): void {
    // All work is done before the frame is sent.
  }

  onClosed(code: number, reason: string): void {
    this.closed = { code, reason };
    this.end();
    this.onGone();
  }

  /** Answers the messages that came before the client's close frame, within `closeTimeout`. */
  private leave(): void {
    if (this.leaving || this.hasEnded) return;
    const { closeTimeout } = this.runtime.options;
    this.leaving = new ConnectionEnd();
    this.leaving.begin(closeTimeout, () => this.echo());
    this.leaving.limitStreams(closeTimeout * STREAM_SHARE, () =>
      contained(this, ({ messages }) => messages.stopStreams()),
    );
  }

  /** Echoes the client's close frame. */
  private echo(): void {
    contained(this, ({ client }) => client.close());
  }

  /** Nothing can be sent any more. */
  private end(): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.runtime.heartbeat?.remove(this);
    this.timers.release();
    this.leaving?.release();
    this.messages.end();
    this.backlog.close();
    this.lazyMember?.end();
  }
}
