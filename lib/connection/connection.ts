import type { AsyncResource } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { CleanUpList } from '../close/clean-up.list.js';
import { CloseCode, isSendableCloseCode } from '../close/close.code.js';
import { closeFrame, type CloseFrame } from '../close/close.frame.js';
import { contentKindOf, type BodyKind } from '../message/message.body.js';
import { Invocation } from '../message/invocation.js';
import type { MessageHandler } from '../message/message-handler.factory.js';
import { MessageLoop } from '../message/message.loop.js';
import type { ConnectionInitiator, ConnectionOutcome } from '../observers/web-socket.observer.js';
import {
  InvalidCloseCodeException,
  NoConnectionException,
  UnserializableMessageException,
} from '../revali-ws.exceptions.js';
import type { JoiningSink } from '../send/joining.sink.js';
import { SendQueue } from '../send/send.queue.js';
import {
  WebSocketConnection,
  type AsyncWebSocketSender,
  type CleanUp,
  type CloseWebSocket,
  type HandshakeRequest,
} from './connection.handles.js';
import {
  ConnectionLink,
  LinkedCleanUp,
  LinkedCloser,
  LinkedSender,
  type LinkedConnection,
} from './connection.link.js';
import { ConnectionTimers } from './connection.timers.js';
import type { HeartbeatPeer } from './heartbeat.js';
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

/** Who hears of the connection's end. */
export interface ConnectionWatcher {
  /** Once, before the close frame. */
  onOutcome(outcome: ConnectionOutcome): void;
  /** The TCP connection is gone and the clean-ups have run. */
  onReleased(): void;
}

type State = 'connecting' | 'open' | 'closing' | 'ended';

/**
 * One connection from the upgrade request to its end. `connecting` → `open` → `closing` (no message starts any
 * more, what runs may still answer) → `ended` (nothing can be sent).
 */
export class Connection
  extends WebSocketConnection
  implements LinkedConnection, SocketOwner, HeartbeatPeer
{
  isReadingPaused = false;
  received = 0;
  private state: State = 'connecting';
  private opened: OpenedSocket | undefined;
  private sink: JoiningSink | undefined;
  private sendQueue: SendQueue | undefined;
  private loop: MessageLoop | undefined;
  private timers: ConnectionTimers | undefined;
  private releaseHeartbeat: (() => void) | undefined;
  private closeTimer: NodeJS.Timeout | undefined;
  private requestedClose: CloseFrame | undefined;
  private initiator: ConnectionInitiator = 'network';
  private error: unknown;
  private hasReported = false;
  private readonly startedAt = Date.now();
  private readonly link: ConnectionLink = new ConnectionLink(this);
  private cleanUps: CleanUpList | undefined;
  private cleanedUp: Promise<void> = Promise.resolve();

  private lazyId: string | undefined;
  private lazyData: Record<string, unknown> | undefined;
  private lazyAbort: AbortController | undefined;
  private lazyContentKind: BodyKind | undefined;
  private lazySender: AsyncWebSocketSender | undefined;
  private lazyCleanUp: CleanUp | undefined;
  private lazyCloser: CloseWebSocket | undefined;

  constructor(
    private readonly runtime: RouteRuntime,
    readonly request: HandshakeRequest,
    readonly params: Readonly<Record<string, string | string[]>>,
    private readonly watcher: ConnectionWatcher,
  ) {
    super();
  }

  get id(): string {
    return (this.lazyId ??= randomUUID());
  }

  get data(): Record<string, unknown> {
    return (this.lazyData ??= {});
  }

  get signal(): AbortSignal {
    this.lazyAbort ??= new AbortController();
    if (this.state === 'ended') this.lazyAbort.abort();
    return this.lazyAbort.signal;
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

  /** @internal Calls of the handler that are under way. */
  get runningCalls(): number {
    return this.loop?.running.size ?? 0;
  }

  /** @internal What the handshake's Content-Type says of bodies without a type. */
  get contentKind(): BodyKind {
    return (this.lazyContentKind ??= contentKindOf(this.request.headers['content-type']));
  }

  /** @internal */
  get sender(): AsyncWebSocketSender {
    return (this.lazySender ??= new LinkedSender(this.link));
  }

  /** @internal */
  get cleanUp(): CleanUp {
    return (this.lazyCleanUp ??= new LinkedCleanUp(this.link, cleanUpErrorLogger(this.runtime)));
  }

  /** @internal A closer that no particular call was given. */
  get closer(): CloseWebSocket {
    return (this.lazyCloser ??= new LinkedCloser(this.link, undefined));
  }

  /** @internal */
  closerFor(invocation: Invocation): CloseWebSocket {
    return new LinkedCloser(this.link, invocation);
  }

  /** @internal */
  addCleanUp(callback: () => unknown): void {
    this.cleanUps ??= this.createCleanUps();
    this.cleanUps.add(callback);
  }

  /** @internal The handshake is done: messages may come from now on. */
  open(opened: OpenedSocket): void {
    this.opened = opened;
    this.state = 'open';
    const { options, maxQueuedMessages, heartbeat } = this.runtime;
    const { concurrency, mode, triggerOnConnect } = options;
    opened.socket.attach(this);
    const loop = new MessageLoop(this, opened.handler, { concurrency, maxQueuedMessages });
    this.loop = loop;
    if (hasTimers(options)) this.timers = new ConnectionTimers(options, this);
    this.releaseHeartbeat = heartbeat?.add(this);
    if (this.requestedClose) this.beginClose(this.requestedClose, undefined);
    else if (mode === 'sendOnly') void opened.scope.runInAsyncScope(() => this.runSendOnly());
    else if (triggerOnConnect) void opened.scope.runInAsyncScope(() => loop.open());
  }

  send(data: unknown): Promise<void> {
    if (this.state === 'connecting') return handledRejection(new NoConnectionException('send()'));
    if (data === undefined || this.runtime.options.mode === 'receiveOnly') return Promise.resolve();
    try {
      const pending = this.queue.send(() => this.runtime.encode(data));
      pending?.catch((error: unknown) => this.onSendFailed(error));
      return pending ?? Promise.resolve();
    } catch (error) {
      this.onSendFailed(error);
      return handledRejection(error);
    }
  }

  close(code?: number, reason?: string): void {
    this.closeFor(undefined, code, reason);
  }

  /** @internal The first close wins. */
  closeFor(invocation: Invocation | undefined, code = 1000, reason = 'Closed by the server'): void {
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
    this.watcher.onReleased();
  }

  pauseReading(): void {
    this.isReadingPaused = true;
    this.opened?.socket.pause();
  }

  resumeReading(): void {
    this.isReadingPaused = false;
    this.opened?.socket.resume();
  }

  onMessage(data: Buffer, isBinary: boolean): void {
    if (this.state !== 'open') return;
    this.received += 1;
    if (this.timers?.countMessage() === false) {
      this.abort(CloseCode.PolicyViolation, 'Too many messages');
      return;
    }
    const { loop } = this;
    if (this.runtime.options.mode === 'sendOnly' || !loop) return;
    this.opened?.scope.runInAsyncScope(() => loop.receive(data, isBinary));
  }

  ping(): void {
    this.opened?.socket.ping();
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
    void this.cleanedUp.then(() => this.watcher.onReleased());
  }

  private async runSendOnly(): Promise<void> {
    await this.loop?.open();
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
    this.loop?.cancelStreams(caller);
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
    this.watcher.onOutcome({
      kind: 'closed',
      code,
      reason,
      initiator: this.initiator,
      durationMs: Date.now() - this.startedAt,
      received: this.received,
      sent: this.sendQueue?.sent ?? 0,
      ...(this.error === undefined ? {} : { error: this.error }),
    });
  }

  /** Nothing can be sent any more: stops what runs for this connection and lets go of what it holds. */
  private end(): void {
    if (this.state === 'ended') return;
    this.state = 'ended';
    clearTimeout(this.closeTimer);
    this.timers?.release();
    this.releaseHeartbeat?.();
    this.loop?.stop();
    this.sendQueue?.close();
    this.lazyAbort?.abort();
    this.loop?.cancelStreams();
    this.link.connection = undefined;
    this.runCleanUps();
  }

  private runCleanUps(): void {
    const { cleanUps } = this;
    if (!cleanUps) return;
    const { scope } = this.opened ?? {};
    this.cleanedUp = scope ? scope.runInAsyncScope(() => cleanUps.run()) : cleanUps.run();
  }

  private createCleanUps(): CleanUpList {
    const cleanUps = new CleanUpList(cleanUpErrorLogger(this.runtime));
    if (this.state === 'ended') void cleanUps.run();
    return cleanUps;
  }

  private createQueue(): SendQueue {
    if (!this.opened) throw new NoConnectionException('The send queue');
    const queue = new SendQueue(
      this.createSink(this.opened),
      this.runtime.options.backpressure,
      () => this.abort(CloseCode.PolicyViolation, 'Slow consumer'),
    );
    if (this.state === 'ended') queue.close();
    return queue;
  }

  private createSink({ socket }: OpenedSocket): JoiningSink {
    return (this.sink ??= socket.createSink());
  }

  private onSendFailed(error: unknown): void {
    if (!(error instanceof UnserializableMessageException)) return;
    void this.opened?.onError(error, new Invocation(this, undefined));
  }
}

function hasTimers({ idleTimeout, maxLifetime, messageRate }: RouteRuntime['options']): boolean {
  return idleTimeout !== undefined || maxLifetime !== undefined || messageRate !== undefined;
}

function cleanUpErrorLogger({ where, logError }: RouteRuntime): (error: unknown) => void {
  return (error) => logError(`A clean-up of ${where} failed`, error);
}

/** A rejection that the caller may ignore: the connection deals with it by itself. */
function handledRejection(error: unknown): Promise<never> {
  const rejection = Promise.reject(error);
  rejection.catch(() => undefined);
  return rejection;
}
