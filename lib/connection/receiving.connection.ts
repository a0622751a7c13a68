import { CloseCode } from '../close/close.code.js';
import type { CloseFrame } from '../close/close.frame.js';
import { Invocation } from '../message/invocation.js';
import type { MessageHandler } from '../message/message-handler.factory.js';
import { MessageLoop } from '../message/message.loop.js';
import { channels } from '../metrics/connection.channels.js';
import { UnserializableMessageException } from '../revali-ws.exceptions.js';
import type { ConnectionScope } from './connection.scope.js';
import type { ConnectionTimers } from './connection.timers.js';
import type { LifeSigns } from './heartbeat.beat.js';
import { MAX_PAUSE, type HeartbeatPeer, type HeartbeatSlot } from './heartbeat.js';
import { SendingConnection } from './sending.connection.js';

/** Where not even a small queue would fit into `maxPayload`. */
const MIN_QUEUED_BYTES = 64 * 1024;

const NO_SIGNS: LifeSigns = { heard: 0, taken: 0, isWaiting: false };

/** The way in: messages, the calls that they make, pings and pongs. */
export abstract class ReceivingConnection extends SendingConnection implements HeartbeatPeer {
  heartbeatSlot: HeartbeatSlot | undefined;
  heartbeatPlace = 0;
  received = 0;
  protected loop: MessageLoop | undefined;
  protected timers: ConnectionTimers | undefined;

  abstract onHeartbeatLost(): void;

  /** @internal A bug of somebody's, which only this connection pays for. */
  abstract onFault(error: unknown): void;

  /** @internal An uncaught error of a call: what the call had sent before goes out first. */
  abstract closeForError(frame: CloseFrame, error: unknown): void;

  /** @internal Ends the connection now: what waits to be sent is given up. */
  abstract abort(code: number, reason: string): void;

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
      this.inScope(() =>
        channels.handled.publish({ route: where, connection: this.lend(), durationMs }),
      );
    }
  }

  /** @internal Whether somebody wants to know how long calls take. */
  get isMeasured(): boolean {
    return this.runtime.counters.isMeasuring || channels.handled.hasSubscribers;
  }

  /** @internal Messages that came and will not be started any more. */
  countUnstarted(messages: number): void {
    this.runtime.counters.dropped += messages;
  }

  /** @internal Calls of the handler that are under way. */
  get runningCalls(): number {
    return this.loop?.running.size ?? 0;
  }

  /** @internal Runs a call of the handler in the context of the connection. */
  call(handler: MessageHandler, invocation: Invocation): Promise<void> | undefined {
    return this.scope ? this.scope.runCall(handler, invocation) : handler(invocation);
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

  /** Made for the first call, so that an idle connection does without. */
  protected messages({ bound }: ConnectionScope): MessageLoop {
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

  protected override onSendFailed(error: unknown): void {
    if (!(error instanceof UnserializableMessageException)) return;
    // Whoever sends: it may be a handler of another connection.
    this.inScope(() => void this.scope?.bound.onError(error, new Invocation(this, undefined)));
  }
}
