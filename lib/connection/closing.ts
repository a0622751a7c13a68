import { CloseCode, isSendableCloseCode } from '../close/close.code.js';
import { closeFrame, type CloseFrame } from '../close/close.frame.js';
import { contained, type FaultOwner } from '../errors/contained.js';
import { InvalidCloseCodeException } from '../errors/revali-ws.exceptions.js';
import type { WebSocketConnection } from '../handles/connection.handles.js';
import type { CallPeer, Invocation } from '../message/invocation.js';
import type { MessageLoop } from '../message/message.loop.js';
import { publishEnd } from '../metrics/connection.channels.js';
import type { RoomMember } from '../rooms/room.member.js';
import type { RoomPlaces } from '../rooms/room.places.js';
import type { SendQueue } from '../send/send.queue.js';
import type { ConnectionContext } from './connection.context.js';
import { ConnectionEnd, STREAM_SHARE } from './connection.end.js';
import type { RegisteredConnection } from './connection.registry.js';
import type { ConnectionTimers } from './connection.timers.js';
import type { ConnectionWatcher } from './connection.watcher.js';
import type { Expiry } from './expiry.js';
import type { HeartbeatPeer } from './heartbeat.js';
import type { RouteRuntime } from './route.runtime.js';

/** `closing`: no new message starts, but running calls may still answer. `ended`: nothing can be sent. */
export type ConnectionState = 'connecting' | 'open' | 'closing' | 'ended';

/** The parts of a connection that its end needs. */
export interface ClosingPeer
  extends CallPeer, HeartbeatPeer, FaultOwner, RegisteredConnection, WebSocketConnection {
  state: ConnectionState;
  readonly runtime: RouteRuntime;
  readonly watcher: ConnectionWatcher;
  readonly startedAt: number;
  readonly received: number;
  readonly loop: MessageLoop | undefined;
  readonly sendQueue: SendQueue | undefined;
  readonly timers: ConnectionTimers | undefined;
  readonly expiry: Expiry | undefined;
  readonly places: RoomPlaces<RoomMember> | undefined;
  /** `undefined` if the connection was never open. */
  readonly scope: ConnectionContext | undefined;
  inScope(run: () => void): void;
  follow(work: Promise<void>): void;
  abortSignal(): void;
  revokeHandles(): Promise<void> | undefined;
}

/**
 * The end of one connection, whatever causes it: the application, its client, an error, a limit, shutdown. Created at
 * the first sign of the end. The first close wins.
 */
export class Closing extends ConnectionEnd {
  /** The call that closes the connection: its result is still sent. */
  private caller: Invocation | undefined;
  /** Settles when the controller has handled the end; `undefined` if it has no handler for it. */
  private told: Promise<void> | undefined;

  constructor(private readonly peer: ClosingPeer) {
    super();
  }

  get isRequested(): boolean {
    return this.requested !== undefined;
  }

  /** @param invocation The call that closes the connection, if known. */
  closeFor(invocation: Invocation | undefined, code = 1000, reason = 'Closed by the server'): void {
    if (!isSendableCloseCode(code)) throw new InvalidCloseCodeException(code);
    const { peer } = this;
    peer.answers += 1;
    if (this.isLeaving) peer.loop?.stop();
    if (this.isRequested) return;
    const frame = closeFrame(code, reason);
    if (peer.state === 'connecting') this.requested = frame;
    else if (peer.state === 'open')
      this.beginClose(frame, invocation ?? peer.runtime.calls.currentOf(peer));
  }

  closeForError(frame: CloseFrame, error: unknown): void {
    if (this.isLeaving) {
      this.error ??= error;
      this.peer.loop?.stop();
    }
    if (this.isRequested || this.peer.state !== 'open') return;
    this.error = error;
    this.beginClose(frame, undefined);
  }

  /** Discards the data that waits to be sent. */
  abort(code: number, reason: string): void {
    if (this.peer.state === 'ended') return;
    this.requested ??= closeFrame(code, reason);
    this.peer.sendQueue?.close();
    this.sendCloseFrame();
  }

  /** @param timeout Milliseconds that running calls may take. */
  shutDown(code: number, reason: string, timeout: number): void {
    if (this.isRequested || this.peer.state !== 'open') return;
    this.beginClose(closeFrame(code, reason), undefined, timeout);
  }

  /** Starts a close that was requested before the connection opened. */
  beginRequested(): void {
    if (this.requested && !this.hasBegun) this.beginClose(this.requested, undefined);
  }

  /** Closes with 1000 when the work is done. */
  beginAfter(work: Promise<void>): void {
    const { peer } = this;
    const closed = work.then(() => {
      if (peer.state !== 'open' || this.isRequested) return;
      // The stream ended on its own: a slow reader gets the time that back-pressure allows.
      const { timeout } = peer.runtime.options.backpressure;
      this.beginClose(closeFrame(CloseCode.Normal, 'Normal closure'), undefined, timeout);
    });
    peer.follow(closed);
  }

  /** A call ended during the close: perhaps only stopped streams are left. */
  onCallEnded(): void {
    const { peer } = this;
    if (peer.loop?.hasOnlyStopped) peer.inScope(() => peer.abortSignal());
  }

  onSlowConsumer(): void {
    if (!this.isRequested) this.peer.runtime.counters.slowConsumers += 1;
    this.abort(CloseCode.PolicyViolation, 'Slow consumer');
  }

  /** The client's close frame is among the held messages. */
  onCloseSeen(frame: CloseFrame): void {
    if (this.peer.state === 'open' && !this.isRequested) this.leave(frame);
  }

  /** @returns Whether its echo has to wait. */
  onPeerClosing(frame: CloseFrame): boolean {
    const { state, loop } = this.peer;
    if (state === 'ended') return false;
    if (state === 'closing') return true;
    if (!this.isLeaving) {
      if (!loop?.hasMessages) return false;
      this.leave(frame);
    }
    this.peer.follow(this.closeWhenDrained());
    return true;
  }

  onClosing(code: number, reason: string, isEcho: boolean): void {
    this.peer.sendQueue?.flush();
    this.initiator = isEcho ? 'client' : 'server';
    this.report(code, reason);
  }

  onClosed(code: number, reason: string): void {
    const { peer } = this;
    this.report(code, reason);
    this.end();
    const { told, cleanedUp } = this;
    if (!cleanedUp) {
      peer.watcher.onReleased(peer);
      return;
    }
    const released = told ? cleanedUp : peer.runtime.endingBound.wait('A clean-up', cleanedUp);
    void released.then(() => peer.watcher.onReleased(peer));
  }

  /** Nothing can be sent any more: stops what runs for this connection and releases its resources. */
  end(): void {
    const { peer } = this;
    if (peer.state === 'ended') return;
    peer.state = 'ended';
    this.release();
    peer.timers?.release();
    peer.expiry?.stop();
    peer.places?.leaveAll();
    peer.runtime.heartbeat?.remove(peer);
    peer.loop?.stop();
    peer.sendQueue?.close();
    peer.runtime.counters.dropped += peer.droppedMessages;
    peer.inScope(() => {
      peer.loop?.cancelStreams();
      this.cleanedUp = this.told ? this.cleanUpAfter(this.told) : peer.revokeHandles();
    });
  }

  /** Releases what the controller still needs once it is done. The wait is bounded. */
  private async cleanUpAfter(told: Promise<void>): Promise<void> {
    const { peer } = this;
    const { endingBound } = peer.runtime;
    peer.abortSignal();
    await endingBound.wait('@OnClose()', told);
    const work = peer.revokeHandles();
    if (work) await endingBound.wait('A clean-up', work);
  }

  /** The client has asked to close, and its messages are still being handled. */
  private get isLeaving(): boolean {
    return this.peer.state === 'open' && this.isRequested;
  }

  private beginClose(
    frame: CloseFrame,
    caller: Invocation | undefined,
    timeout = this.peer.runtime.closeTimeout,
  ): void {
    const { peer } = this;
    peer.state = 'closing';
    this.requested = frame;
    this.caller = caller;
    peer.loop?.stop();
    this.cancelStreams();
    this.begin(timeout, () => this.abort(frame.code, frame.reason));
    peer.follow(this.closeWhenDrained());
  }

  private cancelStreams(): void {
    const { peer } = this;
    peer.inScope(() => {
      // Nothing else can stop a generator that is waiting.
      if (peer.loop?.cancelStreams(this.caller)) peer.abortSignal();
    });
  }

  /** Handles the messages that came before the client's close frame, within `closeTimeout`. */
  private leave(frame: CloseFrame): void {
    const { closeTimeout } = this.peer.runtime;
    this.initiator = 'client';
    this.requested = frame;
    this.begin(closeTimeout, () => this.abort(frame.code, frame.reason));
    this.limitStreams(closeTimeout * STREAM_SHARE, () => this.stopStreams());
  }

  /** Most streams have no end, and their client is gone. */
  private stopStreams(): void {
    const { peer } = this;
    peer.inScope(() => {
      if (peer.loop?.cancelStreams() && peer.loop.depth === 0) peer.abortSignal();
    });
  }

  private async closeWhenDrained(): Promise<void> {
    await this.peer.loop?.idle();
    await this.peer.sendQueue?.empty();
    this.sendCloseFrame();
  }

  private sendCloseFrame(): void {
    const frame = this.requested;
    if (this.peer.state === 'ended' || !frame) return;
    contained(this.peer, ({ places }) => places?.tellPending());
    // The application may have replaced a method of the raw socket.
    contained(this.peer, () => this.peer.socket?.close(frame.code, frame.reason));
    this.end();
  }

  private report(code: number, reason: string): void {
    const { peer } = this;
    const outcome = this.outcomeOf({
      code,
      reason,
      durationMs: Date.now() - peer.startedAt,
      received: peer.received,
      sent: peer.sendQueue?.sent ?? 0,
    });
    if (!outcome) return;
    peer.inScope(() => {
      publishEnd(peer.runtime.where, peer, outcome);
      peer.watcher.onOutcome(outcome);
      this.told = peer.scope?.bound.onClose?.(outcome, peer);
    });
  }
}
