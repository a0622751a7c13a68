import { CloseCode } from '../close/close.code.js';
import type { CloseFrame } from '../close/close.frame.js';
import {
  NoConnectionException,
  UnserializableMessageException,
} from '../errors/revali-ws.exceptions.js';
import type { HandshakeRequest } from '../handles/connection.handles.js';
import { Invocation } from '../message/invocation.js';
import { createLoop } from '../message/loop.factory.js';
import type { MessageHandler } from '../message/message.handler.js';
import type { LoopPeer, MessageLoop } from '../message/message.loop.js';
import { channels, publishHandled } from '../metrics/connection.channels.js';
import { isCallProtocol } from '../options/call.protocol.js';
import { SendQueue } from '../send/send.queue.js';
import { ABSENT } from '../values/roster.js';
import type { OwnedSocket } from '../ws/owned.socket.js';
import type { SocketOwner } from '../ws/socket.owner.js';
import type { LifeSigns } from '../ws/socket.vitals.js';
import type { BeatPeer } from './beats.js';
import { Closing, type ClosingPeer } from './closing.js';
import type { ConnectionContext } from './connection.context.js';
import { ConnectionFace } from './connection.face.js';
import { ConnectionTimers, needsTimers, type TimerEvents } from './connection.timers.js';
import type { ConnectionWatcher } from './connection.watcher.js';
import { MAX_PAUSE, type HeartbeatPeer, type HeartbeatSlot } from './heartbeat.js';
import type { RouteRuntime } from './route.runtime.js';

const NO_SIGNS: LifeSigns = { heard: 0, taken: 0, isWaiting: false };

/** The roles that a connection plays for other parts. */
interface Ports extends SocketOwner, HeartbeatPeer, BeatPeer, TimerEvents, LoopPeer, ClosingPeer {}

/** One connection from the upgrade request to its end: messages in and out. {@link Closing} handles its end. */
export class Connection extends ConnectionFace implements Ports {
  heartbeatSlot: HeartbeatSlot | undefined;
  heartbeatPlace = 0;
  rosterPlace = ABSENT;
  received = 0;
  loop: MessageLoop | undefined;
  timers: ConnectionTimers | undefined;
  readonly startedAt = Date.now();
  scope: ConnectionContext | undefined;

  constructor(
    runtime: RouteRuntime,
    request: HandshakeRequest,
    params: Readonly<Record<string, string | string[]>>,
    /** @internal */
    readonly watcher: ConnectionWatcher,
  ) {
    super(runtime, request, params);
  }

  /** @internal The handshake is done: messages may come from now on. */
  open(socket: OwnedSocket, scope: ConnectionContext): void {
    this.socket = socket;
    this.scope = scope;
    this.state = 'open';
    if (isCallProtocol(socket.protocol)) this.runtime = this.runtime.calling ?? this.runtime;
    const { options, heartbeat, beats, where } = this.runtime;
    const { mode, triggerOnConnect } = options;
    this.places?.enter();
    socket.attach(this);
    if (needsTimers(options)) this.timers = new ConnectionTimers(options, this);
    heartbeat?.add(this);
    if (beats) this.hold(beats.add(this));
    this.expiry?.start();
    if (channels.opened.hasSubscribers)
      channels.opened.publish({ route: where, connection: this.lend() });
    // A guard or a subscriber may have closed it.
    if (this.lazyClosing?.isRequested) this.lazyClosing.beginRequested();
    else if (mode === 'sendOnly') this.closing.beginAfter(this.messages(scope).open());
    else if (triggerOnConnect) this.follow(this.messages(scope).open());
  }

  onMessage(data: Buffer, isBinary: boolean): void {
    // Until the end, the client may stop the calls that are awaited.
    if (this.state === 'closing') this.loop?.receive(data, isBinary);
    if (this.state !== 'open') return;
    const { counters, options } = this.runtime;
    this.received += 1;
    counters.received += 1;
    counters.receivedBytes += data.length;
    if (this.timers?.countMessage() === false) {
      this.abort(CloseCode.PolicyViolation, 'Too many messages');
      return;
    }
    if (!this.scope || (options.mode === 'sendOnly' && !this.runtime.hasCalls)) return;
    this.messages(this.scope).receive(data, isBinary);
  }

  call(handler: MessageHandler, invocation: Invocation): Promise<void> | undefined {
    return this.scope ? this.scope.runCall(handler, invocation) : handler(invocation);
  }

  countCall(durationMs: number | undefined, type: string | undefined): void {
    const { counters, where } = this.runtime;
    counters.handled += 1;
    this.timers?.onActivity();
    if (this.state === 'closing') this.closing.onCallEnded();
    if (durationMs === undefined) return;
    if (counters.isMeasuring) counters.handlerTime += durationMs;
    if (channels.handled.hasSubscribers) {
      this.inScope(() => publishHandled(where, this.lend(), durationMs, type));
    }
  }

  get isMeasured(): boolean {
    return this.runtime.counters.isMeasuring || channels.handled.hasSubscribers;
  }

  countUnstarted(messages: number): void {
    this.runtime.counters.dropped += messages;
  }

  /** @internal Handler calls that are running. */
  get runningCalls(): number {
    return this.loop?.running.size ?? 0;
  }

  /** @internal Messages received but not yet started. */
  get queuedMessages(): number {
    return this.loop?.depth ?? 0;
  }

  get isBusy(): boolean {
    return this.loop?.isBusy ?? false;
  }

  get messageBytes(): number {
    return this.socket?.messageBytes ?? 0;
  }

  holdMessages(): void {
    this.socket?.hold();
  }

  releaseMessages(): void {
    this.runtime.heartbeat?.onReadingResumed(this);
    this.socket?.release();
  }

  get queue(): SendQueue {
    return (this.sendQueue ??= this.createQueue());
  }

  roomToSend(): Promise<void> | undefined {
    return this.sendQueue?.forCalls();
  }

  onUnsent(): void {
    this.queue.watchForStall();
  }

  onTaken(): void {
    this.sendQueue?.onTaken();
  }

  get isReadingPaused(): boolean {
    return this.socket?.isBlind ?? false;
  }

  get lifeSigns(): LifeSigns {
    return this.socket ?? NO_SIGNS;
  }

  peek(): void {
    const { loop, socket } = this;
    if (!loop || !socket || socket.peek(loop.spareBytes)) return;
    if (Date.now() - socket.blindSince < MAX_PAUSE) return;
    // The client exceeded the queue and its handler is stuck, so nobody can tell whether the client is still there.
    this.abort(CloseCode.PolicyViolation, 'Too many queued messages');
  }

  ping(payload: Buffer | undefined): void {
    this.socket?.ping(payload);
  }

  /** @internal @param release Releases a timed resource that the connection keeps for its life. */
  hold(release: () => void): void {
    this.timers ??= new ConnectionTimers(this.runtime.options, this);
    this.timers.hold(release);
  }

  onPing(data: Buffer): void {
    this.socket?.answerPing(data);
  }

  onPong(data: Buffer): boolean {
    return this.runtime.heartbeat?.onPong(this, data) ?? true;
  }

  onHeartbeatLost(): void {
    this.abort(CloseCode.GoingAway, 'Heartbeat lost');
    this.terminate();
  }

  onIdle(): void {
    this.close(CloseCode.GoingAway, 'Idle timeout');
  }

  onLifetime(): void {
    this.close(CloseCode.ServiceRestart, 'Lifetime is over');
  }

  /** @internal */
  override closeFor(invocation: Invocation | undefined, code?: number, reason?: string): void {
    this.closing.closeFor(invocation, code, reason);
  }

  closeForError(frame: CloseFrame, error: unknown): void {
    this.closing.closeForError(frame, error);
  }

  /** @internal Ends the connection now and discards the data that waits to be sent. */
  abort(code: number, reason: string): void {
    this.closing.abort(code, reason);
  }

  /** @internal Lets running calls finish, for at most the given time in ms. */
  shutDown(code: number, reason: string, timeout: number): void {
    this.closing.shutDown(code, reason, timeout);
  }

  /** @internal Cuts the TCP connection. */
  terminate(): void {
    this.socket?.terminate();
  }

  /** @internal The socket was taken over, but its connection was never opened. */
  discard(): void {
    this.closing.end();
    this.watcher.onReleased(this);
  }

  onError(error: Error): void {
    this.closing.error ??= error;
  }

  onFault(error: unknown): void {
    this.closing.error ??= error;
    this.runtime.logFault(error);
    this.terminate();
  }

  onCloseSeen(code: number, reason: string): void {
    this.closing.onCloseSeen({ code, reason });
  }

  onPeerClosing(code: number, reason: string): boolean {
    return this.closing.onPeerClosing({ code, reason });
  }

  onClosing(code: number, reason: string, isEcho: boolean): void {
    this.closing.onClosing(code, reason, isEcho);
  }

  onCloseSent(): void {
    this.closing.end();
  }

  onClosed(code: number, reason: string): void {
    this.closing.onClosed(code, reason);
  }

  override abortSignal(): void {
    super.abortSignal();
    this.loop?.abortCalls();
  }

  /** @internal */
  override inScope(run: () => void): void {
    if (this.scope) this.scope.runCall(run, undefined);
    else run();
  }

  /** Nobody awaits the work. */
  follow(work: Promise<void>): void {
    work.catch((error: unknown) => this.onFault(error));
  }

  protected override onSlowMember(): void {
    this.closing.onSlowConsumer();
  }

  protected override onSendFailed(error: unknown): void {
    if (!(error instanceof UnserializableMessageException)) return;
    // The context must not depend on the sender, which may be a handler of another connection.
    this.inScope(() => void this.scope?.bound.onError(error, new Invocation(this, undefined)));
  }

  private get closing(): Closing {
    return (this.lazyClosing ??= new Closing(this));
  }

  /** Created for the first call, so that an idle connection does not pay for it. */
  private messages({ bound }: ConnectionContext): MessageLoop {
    return (this.loop ??= createLoop(this, bound.handler, this.runtime));
  }

  private createQueue(): SendQueue {
    if (!this.socket) throw new NoConnectionException('The send queue');
    const { options, scheduler, counters } = this.runtime;
    const sink = this.socket.createSink(scheduler, counters);
    const queue = new SendQueue(sink, options.backpressure, () => this.closing.onSlowConsumer());
    if (this.hasEnded) queue.close();
    return queue;
  }
}
