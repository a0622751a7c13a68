import type { AsyncResource } from 'node:async_hooks';
import { CloseCode, isSendableCloseCode } from '../close/close.code.js';
import { closeFrame, type CloseFrame } from '../close/close.frame.js';
import { Invocation } from '../message/invocation.js';
import type { MessageHandler } from '../message/message-handler.factory.js';
import { MessageLoop } from '../message/message.loop.js';
import { channels, publishEnd } from '../metrics/connection.channels.js';
import type { ConnectionInitiator, ConnectionOutcome } from '../observers/web-socket.observer.js';
import {
  InvalidCloseCodeException,
  NoConnectionException,
  UnserializableMessageException,
} from '../revali-ws.exceptions.js';
import type { JoiningSink } from '../send/joining.sink.js';
import { SendQueue } from '../send/send.queue.js';
import { ConnectionFace } from './connection.face.js';
import type { HandshakeRequest } from './connection.handles.js';
import { ConnectionTimers } from './connection.timers.js';
import { MAX_PAUSE, type HeartbeatPeer, type HeartbeatSlot } from './heartbeat.js';
import type { RouteRuntime } from './route.runtime.js';
import type { RouteSocket, SocketOwner } from './route.socket.js';

/** What a connection needs when its socket opens. */
export interface OpenedSocket {
  readonly socket: RouteSocket;
  readonly handler: MessageHandler;
  /** Answers an error of a send that no handler waits for. */
  readonly onError: (error: unknown, invocation: Invocation) => Promise<void> | undefined;
  /** The asynchronous context of the handshake, in which everything of this connection runs. */
  readonly scope: AsyncResource;
}

/** Who hears of the end of connections. */
export interface ConnectionWatcher {
  /** Once, before the close frame. */
  onOutcome(connection: Connection, outcome: ConnectionOutcome): void;
  /** The TCP connection is gone and the clean-ups have run. */
  onReleased(connection: Connection): void;
}

/** Where not even a small queue would fit into `maxPayload`. */
const MIN_QUEUED_BYTES = 64 * 1024;

/** One for all sends that need not wait: a loop over many connections makes thousands. */
const DONE = Promise.resolve();

type State = 'connecting' | 'open' | 'closing' | 'ended';

/**
 * One connection from the upgrade request to its end. `connecting` → `open` → `closing` (no message starts any
 * more, what runs may still answer) → `ended` (nothing can be sent).
 */
export class Connection extends ConnectionFace implements SocketOwner, HeartbeatPeer {
  isReadingPaused = false;
  heartbeatSlot: HeartbeatSlot | undefined;
  received = 0;
  private state: State = 'connecting';
  private opened: OpenedSocket | undefined;
  private sink: JoiningSink | undefined;
  private sendQueue: SendQueue | undefined;
  private loop: MessageLoop | undefined;
  private timers: ConnectionTimers | undefined;
  private closeTimer: NodeJS.Timeout | undefined;
  private requestedClose: CloseFrame | undefined;
  private initiator: ConnectionInitiator = 'network';
  private error: unknown;
  private hasReported = false;
  private pausedAt = 0;
  private readonly startedAt = Date.now();
  private cleanedUp: Promise<void> | undefined;

  constructor(
    private readonly runtime: RouteRuntime,
    request: HandshakeRequest,
    params: Readonly<Record<string, string | string[]>>,
    private readonly watcher: ConnectionWatcher,
  ) {
    super(request, params, runtime.onCleanUpError);
  }

  get protocol(): string {
    return this.opened?.socket.protocol ?? '';
  }

  get bufferedAmount(): number {
    return this.sink?.bufferedAmount ?? this.opened?.socket.bufferedAmount ?? 0;
  }

  get isOpen(): boolean {
    return this.state === 'open';
  }

  get hasEnded(): boolean {
    return this.state === 'ended';
  }

  get socket(): RouteSocket | undefined {
    return this.opened?.socket;
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
    if (durationMs === undefined) return;
    if (counters.isMeasuring) counters.handlerTime += durationMs;
    if (channels.handled.hasSubscribers) {
      channels.handled.publish({ route: where, connection: this, durationMs });
    }
  }

  /** @internal Whether somebody wants to know how long calls take. */
  get isMeasured(): boolean {
    return this.runtime.counters.isMeasuring || channels.handled.hasSubscribers;
  }

  /** @internal Resolves when no message waits to be sent any more; `undefined` where none does. */
  roomToSend(): Promise<void> | undefined {
    return this.sendQueue?.hasWaiting ? this.sendQueue.ready() : undefined;
  }

  /** @internal Messages that back-pressure dropped. */
  get droppedMessages(): number {
    return this.sendQueue?.dropped ?? 0;
  }

  /** @internal Calls of the handler that are under way. */
  get runningCalls(): number {
    return this.loop?.running.size ?? 0;
  }

  /** @internal The handshake is done: messages may come from now on. */
  open(opened: OpenedSocket): void {
    this.opened = opened;
    this.state = 'open';
    const { options, heartbeat } = this.runtime;
    const { mode, triggerOnConnect } = options;
    opened.socket.attach(this);
    if (hasTimers(options)) this.timers = new ConnectionTimers(options, this);
    heartbeat?.add(this);
    this.publishOpened();
    // A guard or a subscriber may have closed it.
    if (this.requestedClose) {
      if (!this.closeTimer) this.beginClose(this.requestedClose, undefined);
    } else if (mode === 'sendOnly')
      void opened.scope.runInAsyncScope(() => this.runSendOnly(opened));
    else if (triggerOnConnect)
      void opened.scope.runInAsyncScope(() => this.messages(opened).open());
  }

  send(data: unknown): Promise<void> {
    if (this.state === 'connecting') return handledRejection(new NoConnectionException('send()'));
    if (data === undefined || this.runtime.options.mode === 'receiveOnly') return DONE;
    try {
      const pending = this.queue.send(this.runtime.encode, data);
      if (!pending) return DONE;
      pending.catch((error: unknown) => this.onSendFailed(error));
      return pending;
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
    if (this.requestedClose) return;
    const frame = closeFrame(code, reason);
    if (this.state === 'connecting') this.requestedClose = frame;
    else if (this.state === 'open') this.beginClose(frame, invocation);
  }

  /** @internal An uncaught error of a call: what the call had sent before goes out first. */
  closeForError(frame: CloseFrame, error: unknown): void {
    if (this.requestedClose || this.state !== 'open') return;
    this.error = error;
    this.beginClose(frame, undefined);
  }

  /** @internal Ends the connection now: what waits to be sent is given up. */
  abort(code: number, reason: string): void {
    if (this.state === 'ended') return;
    this.requestedClose ??= closeFrame(code, reason);
    this.sendQueue?.close();
    this.sendCloseFrame();
  }

  /** @internal Lets running calls finish, for at most the given time in ms. */
  shutDown(code: number, reason: string, timeout: number): void {
    if (this.requestedClose || this.state !== 'open') return;
    this.beginClose(closeFrame(code, reason), undefined, timeout);
  }

  /** @internal Cuts the TCP connection. */
  terminate(): void {
    this.opened?.socket.terminate();
  }

  /** @internal The socket was taken over, but its connection never came about. */
  discard(): void {
    this.end();
    this.watcher.onReleased(this);
  }

  pauseReading(): void {
    this.isReadingPaused = true;
    this.pausedAt = Date.now();
    this.opened?.socket.pause();
  }

  resumeReading(): void {
    this.isReadingPaused = false;
    this.runtime.heartbeat?.onReadingResumed(this);
    this.opened?.socket.resume();
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
    const { opened } = this;
    if (this.runtime.options.mode === 'sendOnly' || !opened) return;
    opened.scope.runInAsyncScope(receive, undefined, this.messages(opened), data, isBinary);
  }

  peek(): void {
    if (this.loop?.peek() === false) this.boundPause();
  }

  ping(): void {
    this.opened?.socket.ping();
  }

  onPing(data: Buffer): void {
    this.opened?.socket.answerPing(data);
  }

  onPong(): void {
    this.runtime.heartbeat?.onPong(this);
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
    this.error ??= error;
  }

  onClosing(code: number, reason: string, isEcho: boolean): void {
    this.sink?.flushNow();
    this.initiator = isEcho ? 'client' : 'server';
    this.report(code, reason);
  }

  onCloseSent(): void {
    this.end();
  }

  onClosed(code: number, reason: string): void {
    this.report(code, reason);
    this.end();
    const { cleanedUp } = this;
    if (cleanedUp) void cleanedUp.then(() => this.watcher.onReleased(this));
    else this.watcher.onReleased(this);
  }

  /** The client sent more than may wait, and its handler is stuck: nobody can tell whether it is still there. */
  private boundPause(): void {
    if (Date.now() - this.pausedAt < MAX_PAUSE) return;
    this.abort(CloseCode.PolicyViolation, 'Too many queued messages');
  }

  /** Made for the first call, so that an idle connection does without. */
  private messages({ handler }: OpenedSocket): MessageLoop {
    const { options, maxQueuedMessages } = this.runtime;
    return (this.loop ??= new MessageLoop(this, handler, {
      concurrency: options.concurrency,
      maxQueuedMessages,
      maxQueuedBytes: Math.max(options.maxPayload, MIN_QUEUED_BYTES),
    }));
  }

  private async runSendOnly(opened: OpenedSocket): Promise<void> {
    await this.messages(opened).open();
    if (this.state !== 'open') return;
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
    this.requestedClose = frame;
    this.loop?.stop();
    this.inScope(() => {
      // A generator that waits for something cannot be stopped otherwise.
      if (this.loop?.cancelStreams(caller)) this.abortSignal();
    });
    this.closeTimer = setTimeout(() => this.abort(frame.code, frame.reason), timeout);
    void this.closeWhenDrained();
  }

  private async closeWhenDrained(): Promise<void> {
    await this.loop?.idle();
    await this.sendQueue?.empty();
    this.sendCloseFrame();
  }

  private sendCloseFrame(): void {
    const frame = this.requestedClose;
    if (this.state === 'ended' || !frame) return;
    this.opened?.socket.close(frame.code, frame.reason);
    this.end();
  }

  private report(code: number, reason: string): void {
    if (this.hasReported) return;
    this.hasReported = true;
    const outcome: ConnectionOutcome = {
      kind: 'closed',
      code,
      reason,
      initiator: this.initiator,
      durationMs: Date.now() - this.startedAt,
      received: this.received,
      sent: this.sendQueue?.sent ?? 0,
      ...(this.error === undefined ? {} : { error: this.error }),
    };
    this.inScope(() => {
      publishEnd(this.runtime.where, this, outcome);
      this.watcher.onOutcome(this, outcome);
    });
  }

  /** Nothing can be sent any more: stops what runs for this connection and lets go of what it holds. */
  private end(): void {
    if (this.state === 'ended') return;
    this.state = 'ended';
    clearTimeout(this.closeTimer);
    this.timers?.release();
    this.runtime.heartbeat?.remove(this);
    this.loop?.stop();
    this.sendQueue?.close();
    this.runtime.counters.dropped += this.droppedMessages;
    this.inScope(() => {
      this.loop?.cancelStreams();
      this.cleanedUp = this.letGo();
    });
  }

  /** Code of the application shall see its own stores, whoever calls it. */
  private inScope(run: () => void): void {
    if (this.opened) this.opened.scope.runInAsyncScope(run);
    else run();
  }

  private publishOpened(): void {
    if (!channels.opened.hasSubscribers) return;
    channels.opened.publish({ route: this.runtime.where, connection: this });
  }

  private createQueue(): SendQueue {
    if (!this.opened) throw new NoConnectionException('The send queue');
    const { backpressure } = this.runtime.options;
    const sink = this.createSink(this.opened);
    const queue = new SendQueue(sink, backpressure, () => this.onSlowConsumer());
    if (this.state === 'ended') queue.close();
    return queue;
  }

  private createSink({ socket }: OpenedSocket): JoiningSink {
    return (this.sink ??= socket.createSink(this.runtime.counters));
  }

  private onSlowConsumer(): void {
    if (!this.requestedClose) this.runtime.counters.slowConsumers += 1;
    this.abort(CloseCode.PolicyViolation, 'Slow consumer');
  }

  private onSendFailed(error: unknown): void {
    if (!(error instanceof UnserializableMessageException)) return;
    void this.opened?.onError(error, new Invocation(this, undefined));
  }
}

/** One function for all messages, instead of a closure for each. */
function receive(loop: MessageLoop, data: Buffer, isBinary: boolean): void {
  loop.receive(data, isBinary);
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
