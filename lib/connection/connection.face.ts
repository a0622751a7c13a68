import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { assertCallback } from '../close/clean-up.list.js';
import { NoConnectionException } from '../errors/revali-ws.exceptions.js';
import { WebSocketConnection, type HandshakeRequest } from '../handles/connection.handles.js';
import type { ConnectionHandshake } from '../handles/connection.handshake.js';
import type { PreparedMessage } from '../handles/prepared.message.js';
import type { Invocation } from '../message/invocation.js';
import { contentKindOf, type BodyKind } from '../message/message.body.js';
import { routeProtocolOf } from '../options/call.protocol.js';
import type { SlowRule } from '../rooms/recipient.js';
import type { RoomMember } from '../rooms/room.member.js';
import type { RoomMessage } from '../rooms/room.message.js';
import type { RoomPlaces } from '../rooms/room.places.js';
import type { OutgoingEncoder } from '../send/message.encoder.js';
import type { SendQueue } from '../send/send.queue.js';
import type { OwnedSocket } from '../ws/owned.socket.js';
import type { Closing, ConnectionState } from './closing.js';
import { AUTHENTICATION_EXPIRED, Expiry, type ExpiryTime } from './expiry.js';
import { LentHandles, type Lender } from './lent.handles.js';
import type { RouteRuntime } from './route.runtime.js';

/** Shared by all sends that need not wait: a loop over many connections would create thousands. */
const DONE = Promise.resolve();

/**
 * The connection as the application sees it. Parts that are created on first use cost an idle connection one field
 * each, because most connections never use them.
 */
export abstract class ConnectionFace extends WebSocketConnection implements Lender {
  socket: OwnedSocket | undefined;
  /** @internal */
  state: ConnectionState = 'connecting';
  /** @internal */
  isLent = false;
  /** @internal */
  answers = 0;
  /** @internal */
  places: RoomPlaces<RoomMember> | undefined;
  /** @internal */
  sendQueue: SendQueue | undefined;
  /** @internal Present once the authentication has, or had, an end. */
  expiry: Expiry | undefined;
  protected lazyClosing: Closing | undefined;
  private lazyId: string | undefined;
  private lazyData: Record<string, unknown> | undefined;
  private lazyContentKind: BodyKind | undefined;
  private lazyLent: LentHandles | undefined;

  constructor(
    /** @internal */
    public runtime: RouteRuntime,
    readonly request: HandshakeRequest,
    readonly params: Readonly<Record<string, string | string[]>>,
  ) {
    super();
  }

  /** @internal */
  abstract readonly queue: SendQueue;

  /** @internal */
  abstract closeFor(invocation: Invocation | undefined, code?: number, reason?: string): void;

  /** @internal */
  abstract inScope(run: () => void): void;

  /** Gives up on a client that reads too slowly. */
  protected abstract onSlowMember(): void;

  /** Handles a value that cannot be sent. */
  protected abstract onSendFailed(error: unknown): void;

  get protocol(): string {
    return routeProtocolOf(this.socket?.protocol ?? '');
  }

  get isOpen(): boolean {
    // The outcome is reported while the connection can still answer the client's close frame.
    return this.state === 'open' && this.lazyClosing?.hasOutcome !== true;
  }

  get id(): string {
    return (this.lazyId ??= randomUUID());
  }

  /** @internal */
  get knownId(): string | undefined {
    return this.lazyId;
  }

  get data(): Record<string, unknown> {
    return (this.lazyData ??= {});
  }

  get expiresAt(): Date | undefined {
    return this.expiry?.date;
  }

  set expiresAt(value: ExpiryTime) {
    // The timer must not run in a call of the application.
    this.inScope(() => this.moveExpiry(value));
  }

  get signal(): AbortSignal {
    return this.lent.signal;
  }

  get headers(): IncomingHttpHeaders {
    return this.request.headers;
  }

  get handshake(): ConnectionHandshake {
    return this.lent.handshake;
  }

  get bufferedAmount(): number {
    return this.sendQueue?.bufferedAmount ?? this.socket?.bufferedAmount ?? 0;
  }

  send(data: unknown): Promise<void> {
    if (this.state === 'connecting') return handledRejection(new NoConnectionException('send()'));
    if (data === undefined) return DONE;
    this.answers += 1;
    if (this.runtime.options.mode === 'receiveOnly') return DONE;
    try {
      return this.queue.send(this.encode, data) ?? DONE;
    } catch (error) {
      this.onSendFailed(error);
      return handledRejection(error);
    }
  }

  /** @internal Messages sent so far, without beats. */
  get sentMessages(): number {
    return this.sendQueue?.sent ?? 0;
  }

  /** @internal Messages that back-pressure dropped. */
  get droppedMessages(): number {
    return this.sendQueue?.dropped ?? 0;
  }

  /**
   * @internal Sends an empty message, unless the connection is ending or data waits to leave. @returns Whether it was
   * sent.
   */
  sendBeat(): boolean {
    if (!this.isOpen || this.lazyClosing?.isRequested || this.bufferedAmount > 0) return false;
    return this.socket?.sendBeat() ?? false;
  }

  /** @internal */
  get takesHeaders(): boolean {
    return this.runtime.hasCalls;
  }

  /** @internal Delivers a message of a room. @returns False if the client reads too slowly and has to catch up. */
  deliver(message: RoomMessage, slow: SlowRule): boolean {
    const content = this.contentOf(message);
    if (!content) return true;
    if (slow === 'catchUp') return this.queue.tryOffer(content);
    this.queue.offer(content, slow);
    return true;
  }

  /** @internal Delivers a message that the client missed in a room. */
  deliverMissed(message: RoomMessage): Promise<void> | undefined {
    const content = this.contentOf(message);
    return content && this.queue.sendMissed(content);
  }

  /** @internal */
  drained(): Promise<void> | undefined {
    return this.hasEnded ? undefined : this.queue.ready();
  }

  /** @internal The client is further behind than the room's history. */
  dropBehind(): void {
    if (!this.hasEnded) this.onSlowMember();
  }

  private moveExpiry(value: ExpiryTime): void {
    if (!this.expiry) {
      if (value === undefined) return;
      const { code, reason } = AUTHENTICATION_EXPIRED;
      this.expiry = new Expiry(() => this.close(code, reason));
      if (this.state === 'open') this.expiry.start();
    }
    this.expiry.set(value);
  }

  private contentOf(message: RoomMessage): PreparedMessage | undefined {
    const { options, hasCalls } = this.runtime;
    if (this.state === 'connecting' || this.hasEnded || options.mode === 'receiveOnly')
      return undefined;
    return hasCalls ? message.headed : message.plain;
  }

  prepare<T>(value: T): PreparedMessage<T> {
    return this.runtime.prepare(value);
  }

  close(code?: number, reason?: string): void {
    this.closeFor(undefined, code, reason);
  }

  onClose(callback: () => unknown): void {
    assertCallback(callback);
    this.addCleanUp(callback);
  }

  /** @internal */
  get encode(): OutgoingEncoder {
    return this.runtime.encode;
  }

  /** @internal How the handshake's Content-Type classifies bodies without a type. */
  get contentKind(): BodyKind {
    return (this.lazyContentKind ??= contentKindOf(this.request.headers['content-type']));
  }

  /** @internal Whether the 101 is still to come. */
  get isComing(): boolean {
    return this.state === 'connecting';
  }

  /** @internal Whether nothing can be sent any more. */
  get hasEnded(): boolean {
    return this.state === 'ended';
  }

  /** @internal */
  get lent(): LentHandles {
    return (this.lazyLent ??= new LentHandles(this));
  }

  /** @internal Hands the connection to the application, whose calls may close it from now on. */
  lend(): this {
    this.isLent = true;
    return this;
  }

  /** @internal */
  addCleanUp(callback: () => unknown): void {
    this.lent.addCleanUp(callback);
  }

  /** @internal */
  abortSignal(): void {
    this.lazyLent?.abortSignal();
  }

  /**
   * @internal Tells the application that the connection has ended. @returns When the clean-ups are done; never rejects.
   */
  revokeHandles(): Promise<void> | undefined {
    this.abortSignal();
    return this.lazyLent?.revoke();
  }
}

/** A rejection that the caller may ignore: the connection handles it. */
function handledRejection(error: unknown): Promise<never> {
  const rejection = Promise.reject(error);
  rejection.catch(() => undefined);
  return rejection;
}
