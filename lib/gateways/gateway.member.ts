import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { assertCallback } from '../close/clean-up.list.js';
import { isSendableCloseCode } from '../close/close.code.js';
import { AUTHENTICATION_EXPIRED, Expiry, type ExpiryTime } from '../connection/expiry.js';
import { LentHandles, type Lender } from '../connection/lent.handles.js';
import type { FaultOwner } from '../errors/contained.js';
import { InvalidCloseCodeException } from '../errors/revali-ws.exceptions.js';
import { WebSocketConnection, type HandshakeRequest } from '../handles/connection.handles.js';
import type { ConnectionHandshake } from '../handles/connection.handshake.js';
import type { PreparedMessage } from '../handles/prepared.message.js';
import type { SlowRule } from '../rooms/recipient.js';
import type { RoomMember } from '../rooms/room.member.js';
import type { RoomMessage } from '../rooms/room.message.js';
import type { RoomPlaces } from '../rooms/room.places.js';
import type { SlowPolicy } from '../send/send.queue.js';
import { BareRecord } from '../values/bare.record.js';
import type { GatewayBacklog } from './gateway.backlog.js';
import type { GatewayClient } from './gateway.client.js';
import { encodeOutgoing, prepareResult } from './gateway.encoder.js';
import type { GatewayRequest } from './gateway.options.js';

/** What a member needs from its connection. */
export interface MemberConnection extends FaultOwner {
  readonly client: GatewayClient;
  /** `undefined` if it is not kept. */
  readonly request: IncomingMessage | undefined;
  readonly backlog: Pick<GatewayBacklog, 'isAboveMark' | 'room'>;
  /** Whether nothing can be sent any more. */
  readonly hasEnded: boolean;
  /** @param policy Default: the adapter's policy. @returns Whether one more message may be sent. */
  admit(policy?: SlowPolicy): boolean;
  close(code: number, reason: string): void;
  onSlowConsumer(): void;
  /** A value cannot be sent. */
  onSendFailed(error: unknown): void;
  onCleanUpError(error: unknown): void;
}

type MemberRequest = HandshakeRequest & Partial<Pick<GatewayRequest, 'params'>>;

const DONE = Promise.resolve();
const NO_PARAMS: GatewayRequest['params'] = Object.freeze(new BareRecord<string | string[]>());

/** A gateway's client as a member of rooms, like a connection of a route. Created when the first room needs it. */
export class GatewayMember extends WebSocketConnection implements RoomMember, Lender {
  places: RoomPlaces<RoomMember> | undefined;
  /** Gateways use another protocol. */
  readonly takesHeaders = false;
  readonly runtime: Lender['runtime'];
  private lazyExpiry: Expiry | undefined;
  private lazyId: string | undefined;
  private lazyData: Record<string, unknown> | undefined;
  private lazyLent: LentHandles | undefined;

  constructor(private readonly connection: MemberConnection) {
    super();
    this.runtime = {
      prepare: prepareResult,
      onCleanUpError: (error) => connection.onCleanUpError(error),
    };
  }

  get request(): MemberRequest {
    const { request } = this.connection;
    if (isRequest(request)) return request;
    throw new TypeError(
      "The requests of gateways' clients are kept only if the application provides a class with @WebSocketRooms(). " +
        'Provide one, or keep what you need of the request in handleConnection().',
    );
  }

  get id(): string {
    return (this.lazyId ??= randomUUID());
  }

  get knownId(): string | undefined {
    return this.lazyId;
  }

  get handshake(): ConnectionHandshake {
    return this.lent.handshake;
  }

  get headers(): IncomingHttpHeaders {
    return this.request.headers;
  }

  get params(): GatewayRequest['params'] {
    return this.request.params ?? NO_PARAMS;
  }

  get protocol(): string {
    return this.socket.protocol;
  }

  get data(): Record<string, unknown> {
    return (this.lazyData ??= {});
  }

  get expiresAt(): Date | undefined {
    return this.lazyExpiry?.date;
  }

  set expiresAt(value: ExpiryTime) {
    if (!this.lazyExpiry) {
      if (value === undefined) return;
      const { code, reason } = AUTHENTICATION_EXPIRED;
      this.lazyExpiry = new Expiry(() => this.close(code, reason));
      if (!this.hasEnded) this.lazyExpiry.start();
    }
    this.lazyExpiry.set(value);
  }

  get signal(): AbortSignal {
    return this.lent.signal;
  }

  get bufferedAmount(): number {
    return this.socket.bufferedAmount;
  }

  get isOpen(): boolean {
    return !this.hasEnded && this.socket.readyState === this.socket.OPEN;
  }

  /** The gateway's client. */
  get socket(): GatewayClient {
    return this.connection.client;
  }

  readonly isComing = false;

  get hasEnded(): boolean {
    return this.connection.hasEnded;
  }

  /** Encodes the value like a handler's result. */
  send(data: unknown): Promise<void> {
    if (data === undefined || !this.isOpen) return DONE;
    try {
      const content = encodeOutgoing(data);
      if (!this.connection.admit()) return DONE;
      this.socket.sendOutgoing(content);
      return this.drained() ?? DONE;
    } catch (error) {
      this.connection.onSendFailed(error);
      const rejection = Promise.reject(error);
      // The error is handled: the sender may ignore it.
      rejection.catch(() => undefined);
      return rejection;
    }
  }

  prepare<T>(value: T): PreparedMessage<T> {
    return prepareResult(value);
  }

  close(code?: number, reason?: string): void {
    this.closeFor(undefined, code, reason);
  }

  onClose(callback: () => unknown): void {
    assertCallback(callback);
    this.addCleanUp(callback);
  }

  deliver({ plain }: RoomMessage, slow: SlowRule): boolean {
    const { connection, isOpen } = this;
    if (!plain || !isOpen) return true;
    if (slow === 'catchUp') {
      if (connection.backlog.isAboveMark) return false;
    } else if (!connection.admit(slow)) return true;
    this.socket.sendOutgoing(plain);
    return true;
  }

  deliverMissed({ plain }: RoomMessage): Promise<void> | undefined {
    if (!plain || !this.isOpen) return undefined;
    this.socket.sendOutgoing(plain);
    return this.drained();
  }

  drained(): Promise<void> | undefined {
    return this.hasEnded ? undefined : this.connection.backlog.room();
  }

  dropBehind(): void {
    this.connection.onSlowConsumer();
  }

  onFault(error: unknown): void {
    this.connection.onFault(error);
  }

  closeFor(_invocation: undefined, code = 1000, reason = 'Closed by the server'): void {
    if (!isSendableCloseCode(code)) throw new InvalidCloseCodeException(code);
    this.connection.close(code, reason);
  }

  addCleanUp(callback: () => unknown): void {
    this.lent.addCleanUp(callback);
  }

  /** Gateways have no stores for a connection. */
  inScope(run: () => void): void {
    run();
  }

  /** Nothing can be sent any more. */
  end(): void {
    this.lazyExpiry?.stop();
    this.places?.leaveAll();
    void this.lazyLent?.revoke();
  }

  private get lent(): LentHandles {
    return (this.lazyLent ??= new LentHandles(this));
  }
}

function isRequest(
  request: IncomingMessage | undefined,
): request is IncomingMessage & MemberRequest {
  return typeof request?.url === 'string';
}
