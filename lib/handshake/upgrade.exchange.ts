import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex, Writable } from 'node:stream';
import { contained, type FaultOwner } from '../errors/contained.js';
import type { ConnectionInitiator } from '../observers/web-socket.observer.js';
import type { RouteCandidate } from '../routing/route.table.js';
import type { PendingUpgrade } from '../upgrade/admission.js';
import type { CloseRefusal } from '../upgrade/close.refusal.js';
import { WaitingUpgrade } from '../upgrade/handshake.buffer.js';
import { tookTooLong } from '../upgrade/refusals.js';
import {
  abortRequest,
  closeResponse,
  finishRequest,
  passDrainOn,
  ResponseSink,
} from '../upgrade/response.sink.js';
import type { Refusal, Upgrade } from '../upgrade/upgrade.request.js';
import { lingerAndDestroy, writeRefusal } from '../upgrade/upgrade.response.js';
import { ABSENT } from '../values/roster.js';
import { assignSocket, detachSocket } from '../ws/response.owner.js';

/** Bytes of a refusal's answer that are kept to find its message; a larger answer is dropped. */
const MAX_REFUSAL = 64 * 1024;

const ANSWERED_101 =
  'A guard or a hook has answered 101. Return true from the guard instead, which lets the client in.';

const NOTHING = Buffer.alloc(0);

/** How an upgrade ended without a connection. */
export interface ExchangeEnd {
  /** HTTP status; `undefined` if the client left before it got an answer. */
  readonly status: number | undefined;
  readonly initiator: ConnectionInitiator;
  readonly error?: unknown;
}

export interface ExchangeDependencies extends FaultOwner {
  /** Present if refusals are close frames. */
  readonly closeRefusal: CloseRefusal | undefined;
  readonly createResponse: (request: IncomingMessage) => ServerResponse;
  /** Called once, when the exchange is over. */
  readonly onOver: (exchange: UpgradeExchange) => void;
}

/**
 * The HTTP request of an upgrade and its response, on their way through the pipeline. The exchange ends exactly once:
 * refused with a response, left by the client, or taken over by a connection.
 */
export class UpgradeExchange implements FaultOwner, PendingUpgrade {
  rosterPlace = ABSENT;
  readonly response: ServerResponse;
  /** The reason for the refusal, for observers. */
  error: unknown;
  private readonly url: string | undefined;
  /** Present once the client has to wait. */
  private waiting: WaitingUpgrade | undefined;
  /** Takes the pipeline's answer if refusals are close frames. */
  private readonly sink: ResponseSink | undefined;
  /** The stream that the response writes to. */
  private target: Writable;
  private isOver = false;
  private endings: ((end: ExchangeEnd) => void)[] = [];

  constructor(
    readonly upgrade: Upgrade,
    readonly candidates: readonly RouteCandidate[],
    private readonly deps: ExchangeDependencies,
  ) {
    const { request, socket } = upgrade;
    this.url = request.url;
    this.response = deps.createResponse(request);
    // Node has released this socket: no second request can be read from it.
    this.response.shouldKeepAlive = false;
    this.sink = deps.closeRefusal && new ResponseSink(socket, MAX_REFUSAL);
    this.target = this.sink ?? socket;
  }

  get request(): IncomingMessage {
    return this.upgrade.request;
  }

  get socket(): Duplex {
    return this.upgrade.socket;
  }

  /** False once it is refused, left, or taken over: no code of the application may run for it any more. */
  get isPending(): boolean {
    return !this.isOver;
  }

  /**
   * If middleware rewrote the path, guards would see one path and the router would serve another; the query may change.
   */
  get isUrlUnchanged(): boolean {
    const { url } = this.request;
    return url === this.url || pathOf(url) === pathOf(this.url);
  }

  /** True once the head of a 101 is written that was never sent: the response can say nothing else. */
  get hasLostResponse(): boolean {
    return this.target !== (this.sink ?? this.socket);
  }

  onEnd(listener: (end: ExchangeEnd) => void): void {
    this.endings.push(listener);
  }

  begin(): void {
    this.response.on('finish', this.onResponseFinish);
    if (this.socket.destroyed) this.onLeft();
    else this.writeTo(this.target);
  }

  /**
   * Unlike most, the pipeline has not finished in the turn in which the request was read: from now on the client may
   * leave, send, or run out of time.
   *
   * @param timeoutMs For middleware and guards together.
   */
  wait(timeoutMs: number): void {
    const onTimeout = (): void => contained(this, (exchange) => exchange.refuse(tookTooLong()));
    this.waiting = new WaitingUpgrade(this.upgrade, timeoutMs, onTimeout, this.onSocketClose);
    if (this.socket.destroyed) this.onLeft();
  }

  /** Answers the client outside the pipeline, which may continue but can no longer answer. */
  refuse({ exception, headers }: Refusal): void {
    if (this.isOver) return;
    const { request, response, socket } = this;
    const status = exception.getStatus();
    const hasBegun = response.headersSent && this.target === socket;
    if (!hasBegun) this.letResponseGo();
    // After the answer has left: aborting a request destroys its socket.
    socket.once('close', () => abortRequest(request, this.deps));
    if (this.sink) this.closeWith(status, JSON.stringify(exception.getResponse()));
    else if (hasBegun) socket.destroy();
    else writeRefusal(socket, exception, headers);
    this.finish({ status, initiator: 'server', error: this.error });
  }

  /**
   * Makes the platform answer 101, and takes the socket out of HTTP.
   *
   * @param answer Returns false if the application has answered already.
   * @returns Header lines for the real 101, or a promise of them if hooks take their time; `undefined` if the client
   * left, or a guard or hook answered differently.
   * @throws What a hook throws. The request can still be refused.
   */
  switchProtocols(answer: () => boolean): string[] | undefined | Promise<string[] | undefined> {
    const { response } = this;
    // A guard answers, and lets the client in anyway. Its answer counts once it has left.
    if (response.headersSent) return undefined;
    // It may also have written to the socket, past its response.
    if (this.sink?.writableEnded) return this.onAnswered(this.sink.status);
    const sink = new ResponseSink(this.socket, this.sink && MAX_REFUSAL);
    response.off('finish', this.onResponseFinish);
    this.moveTo(sink);
    response.once('finish', () => sink.end());
    let isOwn: boolean;
    try {
      isOwn = answer();
    } catch (error) {
      this.switchBack();
      throw error;
    }
    return response.writableEnded ? this.linesOf(sink, isOwn) : this.untilAnswered(sink, isOwn);
  }

  /** Until a head is written, the response may still change. */
  private switchBack(): void {
    const { response } = this;
    if (this.isOver || response.headersSent) return;
    response.statusMessage = '';
    response.on('finish', this.onResponseFinish);
    this.moveTo(this.sink ?? this.socket);
  }

  private async untilAnswered(sink: ResponseSink, isOwn: boolean): Promise<string[] | undefined> {
    await new Promise<void>((resolve) => {
      this.response.once('finish', resolve);
      this.onEnd(() => resolve());
    });
    return this.linesOf(sink, isOwn);
  }

  private linesOf(sink: ResponseSink, isOwn: boolean): string[] | undefined {
    if (this.isOver) return undefined;
    const lines = sink.headerLines();
    sink.setApart();
    if (!lines) this.forward(sink.bytes ?? NOTHING);
    else if (!isOwn) throw new Error(ANSWERED_101);
    return lines;
  }

  /** The connection owns the socket from now on, and what the client has sent already. */
  handOver(): Upgrade {
    this.endings = [];
    this.release();
    return this.upgrade;
  }

  private forward(answer: Buffer): void {
    const status = this.response.statusCode;
    if (this.deps.closeRefusal) {
      this.closeWith(status, '');
    } else {
      this.socket.write(answer);
      lingerAndDestroy(this.socket);
    }
    finishRequest(this.request);
    this.finish({ status, initiator: 'server', error: this.error });
  }

  private closeWith(status: number, body: string): void {
    this.waiting?.release();
    this.deps.closeRefusal?.refuse(this.upgrade, status, body);
  }

  /** A listener of the application has thrown when no response can report it. */
  onFault(error: unknown): void {
    this.deps.onFault(error);
    this.socket.destroy();
    this.finish({ status: undefined, initiator: 'server', error });
  }

  private onLeft(): void {
    if (this.isOver) return;
    this.finish({ status: undefined, initiator: 'client', error: this.error });
    this.socket.destroy();
    abortRequest(this.request, this.deps);
    if (this.target !== this.socket) this.target.destroy();
  }

  private readonly onResponseFinish = (): void => this.onAnswered(this.response.statusCode);

  private onAnswered(status: number): undefined {
    this.letResponseGo();
    finishRequest(this.request);
    if (this.sink) this.closeWith(status, bodyOf(this.sink.bytes));
    else lingerAndDestroy(this.socket);
    this.finish({ status, initiator: 'server', error: this.error });
  }

  private finish(end: ExchangeEnd): void {
    if (this.isOver) return;
    this.release();
    for (const listener of this.endings.splice(0)) listener(end);
  }

  private release(): void {
    this.isOver = true;
    this.waiting?.release();
    this.target.off('drain', this.onDrain);
    this.response.off('finish', this.onResponseFinish);
    this.deps.onOver(this);
  }

  private readonly onSocketClose = (): void => contained(this, (exchange) => exchange.onLeft());

  private moveTo(target: Writable): void {
    detachSocket(this.response, this.target);
    this.target.off('drain', this.onDrain);
    this.writeTo(target);
  }

  private writeTo(target: Writable): void {
    this.target = target;
    target.on('drain', this.onDrain);
    assignSocket(this.response, target);
  }

  private readonly onDrain = (): void =>
    contained(this, ({ response, target }) => passDrainOn(response, target));

  /** The response writes no more, and is closed in the next turn. */
  private letResponseGo(): void {
    const { response, socket, target } = this;
    if (target instanceof ResponseSink) target.setApart().destroy();
    else closeResponse(response, socket);
  }
}

function bodyOf(answer: Buffer | undefined): string {
  const text = answer?.toString('utf8') ?? '';
  return text.slice(text.indexOf('\r\n\r\n') + 4);
}

function pathOf(url: string | undefined): string | undefined {
  const end = url?.indexOf('?') ?? -1;
  return end === -1 ? url : url?.slice(0, end);
}
