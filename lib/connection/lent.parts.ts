import { CleanUpList } from '../close/clean-up.list.js';
import type { Invocation } from '../message/invocation.js';
import type { Preparer } from '../send/preparation.js';
import type {
  AsyncWebSocketSender,
  CleanUp,
  CloseWebSocket,
  HandshakeRequest,
} from './connection.handles.js';
import { RequestHandshake, type ConnectionHandshake } from './connection.handshake.js';
import {
  ConnectionLink,
  LinkedCleanUp,
  LinkedCloser,
  LinkedSender,
  type LinkedConnection,
} from './connection.link.js';

/** Who lends. */
export interface Lender extends LinkedConnection {
  readonly request: HandshakeRequest;
  /** Nothing can be sent any more. */
  readonly hasEnded: boolean;
  readonly preparer: Preparer;
  readonly onCleanUpError: (error: unknown) => void;
}

/**
 * What one connection has lent to the application: handles, its signal, callbacks for its end. Each is made when it
 * is first asked for.
 */
export class LentParts {
  private link: ConnectionLink | undefined;
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
    return (this.lentSender ??= new LinkedSender(this.linkToLender(), this.lender.preparer));
  }

  get cleanUp(): CleanUp {
    return (this.lentCleanUp ??= new LinkedCleanUp(
      this.linkToLender(),
      this.lender.onCleanUpError,
    ));
  }

  /** A closer that no particular call was given. */
  get closer(): CloseWebSocket {
    return (this.lentCloser ??= new LinkedCloser(this.linkToLender(), undefined));
  }

  closerFor(invocation: Invocation): CloseWebSocket {
    return new LinkedCloser(this.linkToLender(), new WeakRef(invocation));
  }

  /** One object: what is written into it is found there again. */
  get handshake(): ConnectionHandshake {
    return (this.lentHandshake ??= new RequestHandshake(this.lender.request));
  }

  addCleanUp(callback: () => unknown): void {
    this.cleanUps ??= this.createCleanUps();
    this.cleanUps.add(callback);
  }

  abortSignal(): void {
    this.abortion?.abort();
  }

  /** Tells the application of the end and cuts its handles. @returns When the clean-ups are done; never rejects. */
  takeBack(): Promise<void> | undefined {
    this.abortSignal();
    if (this.link) this.link.connection = undefined;
    return this.cleanUps?.run();
  }

  private linkToLender(): ConnectionLink {
    return (this.link ??= new ConnectionLink(this.lender.hasEnded ? undefined : this.lender));
  }

  private createCleanUps(): CleanUpList {
    const cleanUps = new CleanUpList(this.lender.onCleanUpError);
    if (this.lender.hasEnded) void cleanUps.run();
    return cleanUps;
  }
}
