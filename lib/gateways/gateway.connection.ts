import type { Logger } from '@nestjs/common';
import { CloseCode } from '../close/close.code.js';
import { closeFrame } from '../close/close.frame.js';
import { ConnectionTimers, type TimerEvents } from '../connection/connection.timers.js';
import {
  MAX_PAUSE,
  type Heartbeat,
  type HeartbeatPeer,
  type HeartbeatSlot,
} from '../connection/heartbeat.js';
import type { SocketOwner } from '../connection/route.socket.js';
import type { SparseLog } from '../sparse.log.js';
import { GatewayBacklog, type BacklogOwner } from './gateway.backlog.js';
import type { GatewayClient } from './gateway.client.js';
import type { GatewayCounters } from './gateway.counters.js';
import { GatewayMessages } from './gateway.messages.js';
import type { GatewayMessageParser, ResolvedAdapterOptions } from './gateway.options.js';

/** What clients send that nobody can use, for debugging. Nothing of it is shown. */
export interface GatewayNotices {
  readonly undecodable: SparseLog;
  readonly unknown: SparseLog;
  readonly protocol: SparseLog;
}

/** What all clients of an adapter share. */
export interface GatewayRuntime {
  readonly options: ResolvedAdapterOptions;
  readonly heartbeat: Heartbeat | undefined;
  readonly counters: GatewayCounters;
  readonly logger: Logger;
  readonly notices: GatewayNotices;
  parser: GatewayMessageParser;
}

/** One client of a gateway, from the upgrade to its end: heartbeat, limits, messages, close. */
export class GatewayConnection implements SocketOwner, HeartbeatPeer, TimerEvents, BacklogOwner {
  readonly backlog: GatewayBacklog;
  readonly messages: GatewayMessages;
  /** What the close event said, once it came. */
  closed: { readonly code: number; readonly reason: string } | undefined;
  private readonly timers: ConnectionTimers;
  heartbeatSlot: HeartbeatSlot | undefined;
  heartbeatPlace = 0;
  private pausedAt = 0;
  private hasEnded = false;
  private hasFailed = false;
  private readonly gone: Promise<void>;

  constructor(
    private readonly client: GatewayClient,
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
    // Nest 11 hands exceptions to native sockets as events; Nest 12 sends them by itself.
    client.on('exception', (data: unknown) => this.messages.deliver({ event: 'exception', data }));
    heartbeat?.add(this);
  }

  get bufferedAmount(): number {
    return this.client.bufferedAmount;
  }

  get isReadingPaused(): boolean {
    return this.client.isPaused;
  }

  write(payload: string | Uint8Array): void {
    if (this.client.readyState === this.client.OPEN) this.client.send(payload);
  }

  onSent(): void {
    this.runtime.counters.sent += 1;
    this.backlog.onSent();
  }

  close(code: number, reason: string): void {
    const frame = closeFrame(code, reason);
    this.client.close(frame.code, frame.reason);
  }

  /** Lets running calls finish and their results leave, and says good-bye. Resolves when the client is gone. */
  async shutDown(): Promise<void> {
    this.messages.stop();
    await this.messages.idle();
    this.close(CloseCode.GoingAway, 'Server is shutting down');
    await this.gone;
  }

  terminate(): void {
    this.close(CloseCode.GoingAway, 'Server is shutting down');
    this.client.terminate();
  }

  pauseReading(): void {
    this.pausedAt = Date.now();
    this.client.pause();
  }

  resumeReading(): void {
    this.runtime.heartbeat?.onReadingResumed(this);
    this.client.resume();
  }

  /** Its handlers are stuck: nobody can tell whether the client is still there. */
  peek(): void {
    if (!this.messages.isPaused || Date.now() - this.pausedAt < MAX_PAUSE) return;
    this.close(CloseCode.PolicyViolation, 'Too many queued messages');
  }

  ping(): void {
    this.client.ping();
  }

  onMessage(data: Buffer, isBinary: boolean): void {
    this.runtime.counters.received += 1;
    if (this.timers.countMessage()) this.messages.receive(data, isBinary);
    else this.close(CloseCode.PolicyViolation, 'Too many messages');
  }

  onPing(): void {
    // Answered by ws, unless the options of the gateway say otherwise.
  }

  onPong(): void {
    this.runtime.heartbeat?.onPong(this);
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
    this.close(CloseCode.PolicyViolation, 'Slow consumer');
  }

  onError(error: Error): void {
    // Told before the close frame and after it.
    if (this.hasFailed) return;
    this.hasFailed = true;
    this.runtime.notices.protocol.add(() => `A client broke the protocol: ${error.message}`);
  }

  onClosing(): void {
    this.end();
  }

  onCloseSent(): void {
    // All is done before the frame is sent.
  }

  onClosed(code: number, reason: string): void {
    this.closed = { code, reason };
    this.end();
    this.onGone();
  }

  /** Nothing can be sent any more. */
  private end(): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.runtime.heartbeat?.remove(this);
    this.timers.release();
    this.messages.end();
    this.backlog.close();
  }
}
