import { CleanUpList, runIsolated } from '../close/clean-up.list.js';
import {
  AsyncWebSocketSender,
  CleanUp,
  CloseWebSocket,
  type HandshakeRequest,
} from '../handles/connection.handles.js';
import { RequestHandshake, type ConnectionHandshake } from '../handles/connection.handshake.js';
import type { PreparedMessage } from '../handles/prepared.message.js';
import type { CallHandles, Invocation } from '../message/invocation.js';
import type { Preparer } from '../send/message.encoder.js';
import type { RouteRuntime } from './route.runtime.js';

/** What handles need from their connection. */
export interface Lender {
  readonly request: HandshakeRequest;
  /** Whether nothing can be sent any more. */
  readonly hasEnded: boolean;
  readonly runtime: Pick<RouteRuntime, 'prepare' | 'onCleanUpError'>;
  send(data: unknown): Promise<void>;
  closeFor(invocation: Invocation | undefined, code?: number, reason?: string): void;
  addCleanUp(callback: () => unknown): void;
  /** Application code sees the stores of its own connection, no matter who calls it. */
  inScope(run: () => void): void;
}

/**
 * Everything one connection has lent to the application: handles, its signal, callbacks for its end. Each is created on
 * first use.
 */
export class LentHandles implements CallHandles {
  private lazyLink: Link | undefined;
  private cleanUps: CleanUpList | undefined;
  private abortion: AbortController | undefined;
  private lentSender: AsyncWebSocketSender | undefined;
  private lentCleanUp: CleanUp | undefined;
  private lentCloser: CloseWebSocket | undefined;
  private lentHandshake: ConnectionHandshake | undefined;

  constructor(private readonly lender: Lender) {}

  get signal(): AbortSignal {
    this.abortion ??= new AbortController();
    if (this.lender.hasEnded) this.abortion.abort();
    return this.abortion.signal;
  }

  get sender(): AsyncWebSocketSender {
    return (this.lentSender ??= new LinkedSender(this.link, this.lender.runtime.prepare));
  }

  get cleanUp(): CleanUp {
    return (this.lentCleanUp ??= new LinkedCleanUp(this.link, this.lender.runtime.onCleanUpError));
  }

  /** A closer that belongs to no particular call. */
  get closer(): CloseWebSocket {
    return (this.lentCloser ??= new LinkedCloser(this.link, undefined));
  }

  closerFor(invocation: Invocation): CloseWebSocket {
    return new LinkedCloser(this.link, new WeakRef(invocation));
  }

  /** Always the same object, so that values written to it can be read later. */
  get handshake(): ConnectionHandshake {
    return (this.lentHandshake ??= new RequestHandshake(this.lender.request));
  }

  addCleanUp(callback: () => unknown): void {
    const { lender } = this;
    // An existing list runs when the end reaches it, including callbacks added until then.
    const isLate = !this.cleanUps && lender.hasEnded;
    const cleanUps = (this.cleanUps ??= new CleanUpList(lender.runtime.onCleanUpError));
    lender.inScope(() => {
      if (isLate) void cleanUps.run();
      cleanUps.add(callback);
    });
  }

  abortSignal(): void {
    this.abortion?.abort();
  }

  /**
   * Tells the application that the connection has ended and cuts its handles. @returns When the clean-ups are done;
   * never rejects.
   */
  revoke(): Promise<void> | undefined {
    this.abortSignal();
    if (this.lazyLink) this.lazyLink.lender = undefined;
    return this.cleanUps?.run();
  }

  private get link(): Link {
    return (this.lazyLink ??= { lender: this.lender.hasEnded ? undefined : this.lender });
  }
}

/**
 * The only reference that handles hold. It is cut at the end, so that a handle kept by the application keeps nothing
 * else in memory.
 */
interface Link {
  lender: Lender | undefined;
}

class LinkedCloser extends CloseWebSocket {
  /** @param invocation The call that received this closer; its result is still sent. It knows its connection. */
  constructor(
    private readonly link: Link,
    private readonly invocation: WeakRef<Invocation> | undefined,
  ) {
    super();
  }

  override close(code?: number, reason?: string): void {
    this.link.lender?.closeFor(this.invocation?.deref(), code, reason);
  }
}

class LinkedSender extends AsyncWebSocketSender {
  /** @param preparer Belongs to the route, because it works after the end as well. */
  constructor(
    private readonly link: Link,
    private readonly preparer: Preparer,
  ) {
    super();
  }

  override send(data: unknown): Promise<void> {
    return this.link.lender?.send(data) ?? Promise.resolve();
  }

  override prepare<T>(value: T): PreparedMessage<T> {
    return this.preparer(value);
  }
}

class LinkedCleanUp extends CleanUp {
  constructor(
    private readonly link: Link,
    private readonly onError: (error: unknown) => void,
  ) {
    super();
  }

  override add(callback: () => unknown): void {
    const { lender } = this.link;
    if (lender) lender.addCleanUp(callback);
    else void runIsolated(callback, this.onError);
  }
}
