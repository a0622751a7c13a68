import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { contentKindOf, type BodyKind } from '../message/message.body.js';
import type { Invocation } from '../message/invocation.js';
import type { Preparer } from '../send/preparation.js';
import type { PreparedMessage } from '../send/prepared.message.js';
import { WebSocketConnection, type HandshakeRequest } from './connection.handles.js';
import type { ConnectionHandshake } from './connection.handshake.js';
import { LentParts, type Lender } from './lent.parts.js';
import type { RouteSocket } from './route.socket.js';

/** `closing`: no message starts any more, what runs may still answer. `ended`: nothing can be sent. */
export type ConnectionState = 'connecting' | 'open' | 'closing' | 'ended';

/**
 * What the application sees of a connection. What is not there before it is asked for costs an idle connection one
 * field, since most ask for none of it.
 */
export abstract class ConnectionFace extends WebSocketConnection implements Lender {
  socket: RouteSocket | undefined;
  /** @internal Whether anybody but this package has it. */
  isLent = false;
  protected state: ConnectionState = 'connecting';
  private lazyId: string | undefined;
  private lazyData: Record<string, unknown> | undefined;
  private lazyContentKind: BodyKind | undefined;
  private lazyLent: LentParts | undefined;

  constructor(
    readonly request: HandshakeRequest,
    readonly params: Readonly<Record<string, string | string[]>>,
  ) {
    super();
  }

  /** @internal */
  abstract get onCleanUpError(): (error: unknown) => void;

  /** @internal */
  abstract get preparer(): Preparer;

  /** @internal */
  abstract closeFor(invocation: Invocation | undefined, code?: number, reason?: string): void;

  get protocol(): string {
    return this.socket?.protocol ?? '';
  }

  get isOpen(): boolean {
    return this.state === 'open';
  }

  /** @internal Nothing can be sent any more. */
  get hasEnded(): boolean {
    return this.state === 'ended';
  }

  get id(): string {
    return (this.lazyId ??= randomUUID());
  }

  get data(): Record<string, unknown> {
    return (this.lazyData ??= {});
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

  /** @internal What the handshake's Content-Type says of bodies without a type. */
  get contentKind(): BodyKind {
    return (this.lazyContentKind ??= contentKindOf(this.request.headers['content-type']));
  }

  /** @internal */
  get lent(): LentParts {
    return (this.lazyLent ??= new LentParts(this));
  }

  /** @internal Gives it to the application, whose calls may close it from then on. */
  lend(): this {
    this.isLent = true;
    return this;
  }

  prepare<T>(value: T): PreparedMessage<T> {
    return this.preparer(value);
  }

  onClose(callback: () => unknown): void {
    this.addCleanUp(callback);
  }

  /** @internal */
  addCleanUp(callback: () => unknown): void {
    this.lent.addCleanUp(callback);
  }

  /** Tells the application of the end and cuts its handles. @returns When the clean-ups are done; never rejects. */
  protected letGo(): Promise<void> | undefined {
    return this.lazyLent?.takeBack();
  }

  protected abortSignal(): void {
    this.lazyLent?.abortSignal();
  }
}
