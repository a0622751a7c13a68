import { randomUUID } from 'node:crypto';
import { CleanUpList } from '../close/clean-up.list.js';
import { contentKindOf, type BodyKind } from '../message/message.body.js';
import type { Invocation } from '../message/invocation.js';
import {
  ConnectionLink,
  LinkedCleanUp,
  LinkedCloser,
  LinkedSender,
  type LinkedConnection,
} from './connection.link.js';
import {
  WebSocketConnection,
  type AsyncWebSocketSender,
  type CleanUp,
  type CloseWebSocket,
  type HandshakeRequest,
} from './connection.handles.js';

/**
 * What the application sees of a connection, and the handles that it may keep of it. Each part is made when it is
 * first asked for: an idle connection whose handler wants none of them costs none of them.
 */
export abstract class ConnectionFace extends WebSocketConnection implements LinkedConnection {
  private lazyLink: ConnectionLink | undefined;
  private cleanUps: CleanUpList | undefined;
  private lazyId: string | undefined;
  private lazyData: Record<string, unknown> | undefined;
  private lazyAbort: AbortController | undefined;
  private lazyContentKind: BodyKind | undefined;
  private lazySender: AsyncWebSocketSender | undefined;
  private lazyCleanUp: CleanUp | undefined;
  private lazyCloser: CloseWebSocket | undefined;

  constructor(
    readonly request: HandshakeRequest,
    readonly params: Readonly<Record<string, string | string[]>>,
    private readonly onCleanUpError: (error: unknown) => void,
  ) {
    super();
  }

  /** @internal Nothing can be sent any more. */
  abstract get hasEnded(): boolean;

  /** @internal */
  abstract closeFor(invocation: Invocation | undefined, code?: number, reason?: string): void;

  get id(): string {
    return (this.lazyId ??= randomUUID());
  }

  get data(): Record<string, unknown> {
    return (this.lazyData ??= {});
  }

  get signal(): AbortSignal {
    this.lazyAbort ??= new AbortController();
    if (this.hasEnded) this.lazyAbort.abort();
    return this.lazyAbort.signal;
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
    return (this.lazyCleanUp ??= new LinkedCleanUp(this.link, this.onCleanUpError));
  }

  /** @internal A closer that no particular call was given. */
  get closer(): CloseWebSocket {
    return (this.lazyCloser ??= new LinkedCloser(this.link, undefined));
  }

  /** @internal */
  closerFor(invocation: Invocation): CloseWebSocket {
    return new LinkedCloser(this.link, new WeakRef(invocation));
  }

  /** @internal */
  addCleanUp(callback: () => unknown): void {
    this.cleanUps ??= this.createCleanUps();
    this.cleanUps.add(callback);
  }

  /** Tells the application of the end and cuts its handles. @returns When the clean-ups are done; never rejects. */
  protected letGo(): Promise<void> | undefined {
    this.abortSignal();
    if (this.lazyLink) this.lazyLink.connection = undefined;
    return this.cleanUps?.run();
  }

  protected abortSignal(): void {
    this.lazyAbort?.abort();
  }

  private get link(): ConnectionLink {
    return (this.lazyLink ??= new ConnectionLink(this.hasEnded ? undefined : this));
  }

  private createCleanUps(): CleanUpList {
    const cleanUps = new CleanUpList(this.onCleanUpError);
    if (this.hasEnded) void cleanUps.run();
    return cleanUps;
  }
}
