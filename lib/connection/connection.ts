import { CloseCode, isSendableCloseCode } from '../close/close.code.js';
import { closeFrame, type CloseFrame } from '../close/close.frame.js';
import { contained } from '../contained.js';
import type { Invocation } from '../message/invocation.js';
import { channels, publishEnd } from '../metrics/connection.channels.js';
import { InvalidCloseCodeException } from '../revali-ws.exceptions.js';
import type { Preparer } from '../send/preparation.js';
import { ConnectionEnd, STREAM_SHARE } from './connection.end.js';
import type { HandshakeRequest } from './connection.handles.js';
import type { ConnectionScope } from './connection.scope.js';
import { ConnectionTimers, type TimerEvents } from './connection.timers.js';
import { ReceivingConnection } from './receiving.connection.js';
import type { ConnectionWatcher } from './connection.watcher.js';
import type { RouteRuntime } from './route.runtime.js';
import type { RouteSocket } from './route.socket.js';
import type { SocketOwner } from './socket.owner.js';

/**
 * One connection from the upgrade request to its end. `connecting` → `open` → `closing` (no message starts any
 * more, what runs may still answer) → `ended` (nothing can be sent).
 */
export class Connection extends ReceivingConnection implements SocketOwner, TimerEvents {
  private lazyEnd: ConnectionEnd | undefined;
  private readonly startedAt = Date.now();

  constructor(
    runtime: RouteRuntime,
    request: HandshakeRequest,
    params: Readonly<Record<string, string | string[]>>,
    private readonly watcher: ConnectionWatcher,
  ) {
    super(runtime, request, params);
  }

  /** @internal */
  get onCleanUpError(): (error: unknown) => void {
    return this.runtime.onCleanUpError;
  }

  /** @internal */
  get preparer(): Preparer {
    return this.runtime.prepare;
  }
  /** @internal The handshake is done: messages may come from now on. */
  open(socket: RouteSocket, scope: ConnectionScope): void {
    this.socket = socket;
    this.scope = scope;
    this.state = 'open';
    const { options, heartbeat } = this.runtime;
    const { mode, triggerOnConnect } = options;
    socket.attach(this);
    if (hasTimers(options)) this.timers = new ConnectionTimers(options, this);
    heartbeat?.add(this);
    this.publishOpened();
    const end = this.lazyEnd;
    // A guard or a subscriber may have closed it.
    if (end?.requested) {
      if (!end.hasBegun) this.beginClose(end.requested, undefined);
    } else if (mode === 'sendOnly') this.follow(this.runSendOnly(scope));
    else if (triggerOnConnect) this.follow(this.messages(scope).open());
  }

  close(code?: number, reason?: string): void {
    this.closeFor(undefined, code, reason);
  }

  /** @internal The first close wins. */
  override closeFor(
    invocation: Invocation | undefined,
    code = 1000,
    reason = 'Closed by the server',
  ): void {
    if (!isSendableCloseCode(code)) throw new InvalidCloseCodeException(code);
    this.answers += 1;
    if (this.isLeaving) this.loop?.stop();
    if (this.isToClose) return;
    const frame = closeFrame(code, reason);
    if (this.state === 'connecting') this.ending.requested = frame;
    else if (this.state === 'open')
      this.beginClose(frame, invocation ?? this.runtime.calls.currentOf(this));
  }

  /** @internal An uncaught error of a call: what the call had sent before goes out first. */
  closeForError(frame: CloseFrame, error: unknown): void {
    if (this.isLeaving) {
      this.ending.error ??= error;
      this.loop?.stop();
    }
    if (this.isToClose || this.state !== 'open') return;
    this.ending.error = error;
    this.beginClose(frame, undefined);
  }

  /** @internal Ends the connection now: what waits to be sent is given up. */
  abort(code: number, reason: string): void {
    if (this.state === 'ended') return;
    this.ending.requested ??= closeFrame(code, reason);
    this.sendQueue?.close();
    this.sendCloseFrame();
  }

  /** @internal Lets running calls finish, for at most the given time in ms. */
  shutDown(code: number, reason: string, timeout: number): void {
    if (this.isToClose || this.state !== 'open') return;
    this.beginClose(closeFrame(code, reason), undefined, timeout);
  }

  /** @internal Cuts the TCP connection. */
  terminate(): void {
    this.socket?.terminate();
  }

  /** @internal The socket was taken over, but its connection never came about. */
  discard(): void {
    this.end();
    this.watcher.onReleased(this);
  }

  onHeartbeatLost(): void {
    this.abort(CloseCode.GoingAway, 'Heartbeat lost');
    this.terminate();
  }

  onIdle(): void {
    this.closeFor(undefined, CloseCode.GoingAway, 'Idle timeout');
  }

  onLifetime(): void {
    this.closeFor(undefined, CloseCode.ServiceRestart, 'Lifetime is over');
  }

  onError(error: Error): void {
    this.ending.error ??= error;
  }

  onFault(error: unknown): void {
    this.ending.error ??= error;
    this.runtime.logFault(error);
    this.terminate();
  }

  onCloseSeen(code: number, reason: string): void {
    if (this.state === 'open' && !this.isToClose) this.leave({ code, reason });
  }

  onPeerClosing(code: number, reason: string): boolean {
    if (this.state === 'ended') return false;
    if (this.state === 'closing') return true;
    if (!this.isLeaving) {
      if (!this.loop?.hasMessages) return false;
      this.leave({ code, reason });
    }
    this.follow(this.closeWhenDrained());
    return true;
  }

  onClosing(code: number, reason: string, isEcho: boolean): void {
    this.sendQueue?.flush();
    this.ending.initiator = isEcho ? 'client' : 'server';
    this.report(code, reason);
  }

  onCloseSent(): void {
    this.end();
  }

  onClosed(code: number, reason: string): void {
    this.report(code, reason);
    this.end();
    const { cleanedUp } = this.ending;
    if (!cleanedUp) {
      this.watcher.onReleased(this);
      return;
    }
    const released = this.runtime.endingBound.wait('A clean-up', cleanedUp);
    void released.then(() => this.watcher.onReleased(this));
  }

  private get ending(): ConnectionEnd {
    return (this.lazyEnd ??= new ConnectionEnd());
  }

  private get isToClose(): boolean {
    return this.lazyEnd?.requested !== undefined;
  }

  /** The client has asked for the end, and its messages are still being handled. */
  private get isLeaving(): boolean {
    return this.state === 'open' && this.isToClose;
  }

  private async runSendOnly(scope: ConnectionScope): Promise<void> {
    await this.messages(scope).open();
    if (this.state !== 'open' || this.isToClose) return;
    // The stream ended by itself: a slow reader gets the time that back-pressure allows it.
    const { timeout } = this.runtime.options.backpressure;
    this.beginClose(closeFrame(CloseCode.Normal, 'Normal closure'), undefined, timeout);
  }

  private beginClose(
    frame: CloseFrame,
    caller: Invocation | undefined,
    timeout = this.runtime.closeTimeout,
  ): void {
    this.state = 'closing';
    this.ending.requested = frame;
    this.loop?.stop();
    this.inScope(() => {
      // A generator that waits for something cannot be stopped otherwise.
      if (this.loop?.cancelStreams(caller)) this.abortSignal();
    });
    this.ending.begin(timeout, () => this.abort(frame.code, frame.reason));
    this.follow(this.closeWhenDrained());
  }

  /** What came before the client's close frame is handled, within `closeTimeout`. */
  private leave(frame: CloseFrame): void {
    const { ending } = this;
    const { closeTimeout } = this.runtime;
    ending.initiator = 'client';
    ending.requested = frame;
    ending.begin(closeTimeout, () => this.abort(frame.code, frame.reason));
    ending.limitStreams(closeTimeout * STREAM_SHARE, () => this.stopStreams());
  }

  /** Most have no end, and their client has gone. */
  private stopStreams(): void {
    this.inScope(() => {
      if (this.loop?.cancelStreams() && this.loop.depth === 0) this.abortSignal();
    });
  }

  private async closeWhenDrained(): Promise<void> {
    await this.loop?.idle();
    await this.sendQueue?.empty();
    this.sendCloseFrame();
  }

  private sendCloseFrame(): void {
    const frame = this.lazyEnd?.requested;
    if (this.state === 'ended' || !frame) return;
    // The application may have put a method of its own on the raw socket.
    contained(this, () => this.socket?.close(frame.code, frame.reason));
    this.end();
  }

  /** Nobody waits for it. */
  private follow(work: Promise<void>): void {
    work.catch((error: unknown) => this.onFault(error));
  }

  private report(code: number, reason: string): void {
    const outcome = this.ending.outcomeOf({
      code,
      reason,
      durationMs: Date.now() - this.startedAt,
      received: this.received,
      sent: this.sendQueue?.sent ?? 0,
    });
    if (!outcome) return;
    this.inScope(() => {
      publishEnd(this.runtime.where, this, outcome);
      this.watcher.onOutcome(this, outcome);
    });
  }

  /** Nothing can be sent any more: stops what runs for this connection and lets go of what it holds. */
  private end(): void {
    if (this.state === 'ended') return;
    this.state = 'ended';
    this.ending.release();
    this.timers?.release();
    this.runtime.heartbeat?.remove(this);
    this.loop?.stop();
    this.sendQueue?.close();
    this.runtime.counters.dropped += this.droppedMessages;
    this.inScope(() => {
      this.loop?.cancelStreams();
      this.ending.cleanedUp = this.letGo();
    });
  }

  protected override onSlowConsumer(): void {
    if (!this.isToClose) this.runtime.counters.slowConsumers += 1;
    this.abort(CloseCode.PolicyViolation, 'Slow consumer');
  }

  private publishOpened(): void {
    if (!channels.opened.hasSubscribers) return;
    channels.opened.publish({ route: this.runtime.where, connection: this.lend() });
  }
}

function hasTimers({ idleTimeout, maxLifetime, messageRate }: RouteRuntime['options']): boolean {
  return idleTimeout !== undefined || maxLifetime !== undefined || messageRate !== undefined;
}
