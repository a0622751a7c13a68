import { CloseCode, isSendableCloseCode } from '../close/close.code.js';
import { closeFrame, type CloseFrame } from '../close/close.frame.js';
import { Invocation } from '../message/invocation.js';
import type { MessageHandler } from '../message/message-handler.factory.js';
import { MessageLoop } from '../message/message.loop.js';
import { channels, publishEnd } from '../metrics/connection.channels.js';
import type { ConnectionOutcome } from '../observers/web-socket.observer.js';
import {
  InvalidCloseCodeException,
  NoConnectionException,
  UnserializableMessageException,
} from '../revali-ws.exceptions.js';
import { SendQueue } from '../send/send.queue.js';
import { ConnectionEnd, STREAM_SHARE } from './connection.end.js';
import { ConnectionFace } from './connection.face.js';
import type { HandshakeRequest } from './connection.handles.js';
import type { ConnectionScope } from './connection.scope.js';
import { ConnectionTimers, type TimerEvents } from './connection.timers.js';
import type { LifeSigns } from './heartbeat.beat.js';
import { MAX_PAUSE, type HeartbeatPeer, type HeartbeatSlot } from './heartbeat.js';
import type { RouteRuntime } from './route.runtime.js';
import type { RouteSocket, SocketOwner } from './route.socket.js';

/** Who hears of the end of connections. */
export interface ConnectionWatcher {
  /** Once, before the close frame. */
  onOutcome(connection: Connection, outcome: ConnectionOutcome): void;
  /** The TCP connection is gone and the clean-ups have run. */
  onReleased(connection: Connection): void;
}

/** Where not even a small queue would fit into `maxPayload`. */
const MIN_QUEUED_BYTES = 64 * 1024;

const NO_SIGNS: LifeSigns = { heard: 0, taken: 0, isWaiting: false };

/** One for all sends that need not wait: a loop over many connections makes thousands. */
const DONE = Promise.resolve();

type State = 'connecting' | 'open' | 'closing' | 'ended';

/**
 * One connection from the upgrade request to its end. `connecting` → `open` → `closing` (no message starts any
 * more, what runs may still answer) → `ended` (nothing can be sent).
 */
export class Connection extends ConnectionFace implements SocketOwner, HeartbeatPeer, TimerEvents {
  heartbeatSlot: HeartbeatSlot | undefined;
  heartbeatPlace = 0;
  received = 0;
  socket: RouteSocket | undefined;
  private state: State = 'connecting';
  private scope: ConnectionScope | undefined;
  private sendQueue: SendQueue | undefined;
  private loop: MessageLoop | undefined;
  private timers: ConnectionTimers | undefined;
  private lazyEnd: ConnectionEnd | undefined;
  /** @internal Messages that the application has sent by itself, and closes that it asked for. */
  answers = 0;
  private readonly startedAt = Date.now();

  constructor(
    private readonly runtime: RouteRuntime,
    request: HandshakeRequest,
    params: Readonly<Record<string, string | string[]>>,
    private readonly watcher: ConnectionWatcher,
  ) {
    super(request, params);
  }

  get protocol(): string {
    return this.socket?.protocol ?? '';
  }

  get bufferedAmount(): number {
    return this.sendQueue?.bufferedAmount ?? this.socket?.bufferedAmount ?? 0;
  }

  get isOpen(): boolean {
    return this.state === 'open';
  }

  get hasEnded(): boolean {
    return this.state === 'ended';
  }

  get isReadingPaused(): boolean {
    return this.socket?.isBlind ?? false;
  }

  get lifeSigns(): LifeSigns {
    return this.socket ?? NO_SIGNS;
  }

  /** @internal */
  get isBusy(): boolean {
    return this.loop?.isBusy ?? false;
  }

  /** @internal */
  get messageBytes(): number {
    return this.socket?.messageBytes ?? 0;
  }

  /** @internal */
  get onCleanUpError(): (error: unknown) => void {
    return this.runtime.onCleanUpError;
  }

  /** @internal */
  get queue(): SendQueue {
    return (this.sendQueue ??= this.createQueue());
  }

  /** @internal Messages received and not yet started. */
  get queuedMessages(): number {
    return this.loop?.depth ?? 0;
  }

  /** @internal A call of the handler has ended. */
  countCall(durationMs: number | undefined): void {
    const { counters, where } = this.runtime;
    counters.handled += 1;
    this.timers?.onActivity();
    if (durationMs === undefined) return;
    if (counters.isMeasuring) counters.handlerTime += durationMs;
    if (channels.handled.hasSubscribers) {
      this.inScope(() => channels.handled.publish({ route: where, connection: this, durationMs }));
    }
  }

  /** @internal Whether somebody wants to know how long calls take. */
  get isMeasured(): boolean {
    return this.runtime.counters.isMeasuring || channels.handled.hasSubscribers;
  }

  /** @internal Resolves when another call may start; `undefined` where it may now. */
  roomToSend(): Promise<void> | undefined {
    return this.sendQueue?.forCalls();
  }

  /** @internal Messages that back-pressure dropped. */
  get droppedMessages(): number {
    return this.sendQueue?.dropped ?? 0;
  }

  /** @internal Messages that came and will not be started any more. */
  countUnstarted(messages: number): void {
    this.runtime.counters.dropped += messages;
  }

  /** @internal Calls of the handler that are under way. */
  get runningCalls(): number {
    return this.loop?.running.size ?? 0;
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
    } else if (mode === 'sendOnly') void this.runSendOnly(scope);
    else if (triggerOnConnect) void this.messages(scope).open();
  }

  send(data: unknown): Promise<void> {
    if (this.state === 'connecting') return handledRejection(new NoConnectionException('send()'));
    if (data === undefined) return DONE;
    this.answers += 1;
    if (this.runtime.options.mode === 'receiveOnly') return DONE;
    try {
      return this.queue.send(this.runtime.encode, data) ?? DONE;
    } catch (error) {
      this.onSendFailed(error);
      return handledRejection(error);
    }
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

  /** @internal Enough messages wait. */
  holdMessages(): void {
    this.socket?.hold();
  }

  /** @internal There is room again. */
  releaseMessages(): void {
    this.runtime.heartbeat?.onReadingResumed(this);
    this.socket?.release();
  }

  onMessage(data: Buffer, isBinary: boolean): void {
    if (this.state !== 'open') return;
    this.received += 1;
    this.runtime.counters.received += 1;
    this.runtime.counters.receivedBytes += data.length;
    if (this.timers?.countMessage() === false) {
      this.abort(CloseCode.PolicyViolation, 'Too many messages');
      return;
    }
    const { scope } = this;
    if (this.runtime.options.mode === 'sendOnly' || !scope) return;
    this.messages(scope).receive(data, isBinary);
  }

  peek(): void {
    const { loop, socket } = this;
    if (!loop || !socket || socket.peek(loop.spareBytes)) return;
    if (Date.now() - socket.blindSince < MAX_PAUSE) return;
    // The client sent more than may wait, and its handler is stuck: nobody can tell whether it is still there.
    this.abort(CloseCode.PolicyViolation, 'Too many queued messages');
  }

  ping(payload: Buffer | undefined): void {
    this.socket?.ping(payload);
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
    void this.closeWhenDrained();
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

  onUnsent(): void {
    this.queue.watchForStall();
  }

  onTaken(): void {
    this.sendQueue?.onTaken();
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

  /** Made for the first call, so that an idle connection does without. */
  private messages({ bound }: ConnectionScope): MessageLoop {
    const { options, maxQueuedMessages } = this.runtime;
    const { handler } = bound;
    return (this.loop ??= new MessageLoop(
      this,
      { handler, turns: this.runtime.turns },
      {
        concurrency: options.concurrency,
        maxQueuedMessages,
        maxQueuedBytes: Math.max(options.maxPayload, MIN_QUEUED_BYTES),
      },
    ));
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
    void this.closeWhenDrained();
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
    this.socket?.close(frame.code, frame.reason);
    this.end();
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

  /** @internal Runs a call of the handler in the context of the connection. */
  call(handler: MessageHandler, invocation: Invocation): Promise<void> | undefined {
    return this.scope ? this.scope.runCall(handler, invocation) : handler(invocation);
  }

  /** Code of the application sees its own stores, whoever calls it. */
  private inScope(run: () => void): void {
    if (this.scope) this.scope.runCall(run, undefined);
    else run();
  }

  private publishOpened(): void {
    if (!channels.opened.hasSubscribers) return;
    channels.opened.publish({ route: this.runtime.where, connection: this });
  }

  private createQueue(): SendQueue {
    if (!this.socket) throw new NoConnectionException('The send queue');
    const { options, scheduler, counters } = this.runtime;
    const sink = this.socket.createSink(scheduler, counters);
    const queue = new SendQueue(sink, options.backpressure, () => this.onSlowConsumer());
    if (this.state === 'ended') queue.close();
    return queue;
  }

  private onSlowConsumer(): void {
    if (!this.isToClose) this.runtime.counters.slowConsumers += 1;
    this.abort(CloseCode.PolicyViolation, 'Slow consumer');
  }

  private onSendFailed(error: unknown): void {
    if (!(error instanceof UnserializableMessageException)) return;
    // Whoever sends: it may be a handler of another connection.
    this.inScope(() => void this.scope?.bound.onError(error, new Invocation(this, undefined)));
  }
}

function hasTimers({ idleTimeout, maxLifetime, messageRate }: RouteRuntime['options']): boolean {
  return idleTimeout !== undefined || maxLifetime !== undefined || messageRate !== undefined;
}

/** A rejection that the caller may ignore: the connection deals with it by itself. */
function handledRejection(error: unknown): Promise<never> {
  const rejection = Promise.reject(error);
  rejection.catch(() => undefined);
  return rejection;
}
