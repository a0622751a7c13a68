import { HttpException } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex, Writable } from 'node:stream';
import { contained, type FaultOwner } from '../contained.js';
import type { ConnectionInitiator } from '../observers/web-socket.observer.js';
import type { RouteCandidate } from '../routing/route.table.js';
import type { Attempt } from './handshake.js';
import type { CloseRefusal } from '../upgrade/close.refusal.js';
import { EarlyBytes } from '../upgrade/handshake.buffer.js';
import { abortRequest, closeResponse, finishRequest } from '../upgrade/exchange.end.js';
import { assignSocket, detachSocket, lingerAndDestroy, writeRefusal } from '../upgrade/upgrade.response.js';
import { passDrainOn } from '../upgrade/response.drain.js';
import { ResponseSink } from '../upgrade/response.sink.js';

/** Bytes of a refusal's answer that are kept to find its message; a larger answer is dropped. */
const MAX_REFUSAL = 64 * 1024;

const NOTHING = Buffer.alloc(0);

/** How a handshake came to an end without a connection. */
export interface HandshakeEnd {
  /** HTTP status; `undefined` where the client left before it was answered. */
  readonly status: number | undefined;
  readonly initiator: ConnectionInitiator;
  readonly error?: unknown;
}

export interface HandshakeDependencies extends FaultOwner {
  /** Where refusals are close frames. */
  readonly closeRefusal: CloseRefusal | undefined;
  readonly createResponse: (request: IncomingMessage) => ServerResponse;
  /** Called once, when the handshake is over. */
  readonly onOver: (handshake: Handshake) => void;
}

/**
 * One upgrade request on its way through the HTTP pipeline. It ends exactly once: refused with a response, left by
 * the client, or taken over by a connection.
 */
export class Handshake implements FaultOwner {
  readonly response: ServerResponse;
  /** Once its route is known. */
  attempt: Attempt | undefined;
  /** What the upgrade was refused for, for observers. */
  error: unknown;
  private readonly url: string | undefined;
  /** Once the client has to wait. */
  private earlyBytes: EarlyBytes | undefined;
  /** Takes the pipeline's answer where refusals are close frames. */
  private readonly sink: ResponseSink | undefined;
  /** What the response writes to. */
  private target: Writable;
  private isOver = false;
  private deadline: NodeJS.Timeout | undefined;
  private endings: ((end: HandshakeEnd) => void)[] = [];

  constructor(
    readonly request: IncomingMessage,
    readonly socket: Duplex,
    private readonly head: Buffer,
    readonly candidates: readonly RouteCandidate[],
    private readonly uses: HandshakeDependencies,
  ) {
    this.url = request.url;
    this.response = uses.createResponse(request);
    // Node has let go of this socket: no second request can be read from it.
    this.response.shouldKeepAlive = false;
    this.sink = uses.closeRefusal && new ResponseSink(socket, MAX_REFUSAL);
    this.target = this.sink ?? socket;
  }

  /** False once it is refused, left or taken over: nothing of the application shall run for it any more. */
  get isPending(): boolean {
    return !this.isOver;
  }

  /** Middleware that rewrites the path would have it guarded as one and served as another; the query is its own. */
  get isUrlUnchanged(): boolean {
    const { url } = this.request;
    return url === this.url || pathOf(url) === pathOf(this.url);
  }

  /** Once the head of a 101 is written that was never sent: nothing else can be said through the response. */
  get hasLostResponse(): boolean {
    return this.target !== (this.sink ?? this.socket);
  }

  onEnd(listener: (end: HandshakeEnd) => void): void {
    this.endings.push(listener);
  }

  begin(): void {
    this.response.on('finish', this.onResponseFinish);
    if (this.socket.destroyed) this.onLeft();
    else this.writeTo(this.target);
  }

  /**
   * The pipeline has not come to an end in the turn in which the request was read, as most do: from now on the client
   * may leave, send, or run out of time.
   *
   * @param timeout Milliseconds for middleware and guards together.
   */
  wait(timeout: number, onTimeout: () => void): void {
    this.deadline = setTimeout(() => contained(this, onTimeout), timeout);
    // Requests are aborted before their responses are closed, as Node does it.
    this.socket.prependListener('close', this.onSocketClose);
    this.earlyBytes = new EarlyBytes(this.socket, this.head, this.onSocketClose);
    if (this.socket.destroyed) this.onLeft();
  }

  /** Answers the client past the pipeline, which may go on but can no longer answer. */
  refuse(exception: HttpException, headers?: Readonly<Record<string, string>>): void {
    if (this.isOver) return;
    const { request, response, socket, uses } = this;
    const status = exception.getStatus();
    const hasBegun = response.headersSent && this.target === socket;
    if (!hasBegun) this.letResponseGo();
    // Once the answer has left: aborting a request destroys its socket.
    socket.once('close', () => abortRequest(request, uses));
    if (this.sink) this.closeWith(status, JSON.stringify(exception.getResponse()));
    else if (hasBegun) socket.destroy();
    else writeRefusal(socket, exception, headers);
    this.finish({ status, initiator: 'server', error: this.error });
  }

  /**
   * Has the platform answer 101, and takes the socket out of HTTP.
   *
   * @returns Header lines for the real 101, or a promise of them where hooks take their time; `undefined` where the
   * client left, or a hook answered otherwise.
   * @throws What a hook throws. The request can still be refused.
   */
  switchProtocols(answer: () => void): string[] | undefined | Promise<string[] | undefined> {
    const { response } = this;
    const sink = new ResponseSink(this.socket, this.sink && MAX_REFUSAL);
    response.off('finish', this.onResponseFinish);
    this.moveTo(sink);
    response.once('finish', () => sink.end());
    try {
      answer();
    } catch (error) {
      this.switchBack();
      throw error;
    }
    return response.writableEnded ? this.linesOf(sink) : this.untilAnswered(sink);
  }

  /** As long as no head is written, the response may be another one. */
  private switchBack(): void {
    const { response } = this;
    if (this.isOver || response.headersSent) return;
    response.statusMessage = '';
    response.on('finish', this.onResponseFinish);
    this.moveTo(this.sink ?? this.socket);
  }

  private async untilAnswered(sink: ResponseSink): Promise<string[] | undefined> {
    await new Promise<void>((resolve) => {
      this.response.once('finish', resolve);
      this.onEnd(() => resolve());
    });
    return this.linesOf(sink);
  }

  private linesOf(sink: ResponseSink): string[] | undefined {
    if (this.isOver) return undefined;
    const lines = sink.headerLines();
    sink.setApart();
    if (!lines) this.forward(sink.bytes ?? NOTHING);
    return lines;
  }

  /**
   * The connection owns the socket from now on.
   *
   * @returns What the client has sent already.
   */
  handOver(): Buffer {
    this.endings = [];
    return this.release();
  }

  private forward(answer: Buffer): void {
    const status = this.response.statusCode;
    if (this.uses.closeRefusal) {
      this.closeWith(status, '');
    } else {
      this.socket.write(answer);
      lingerAndDestroy(this.socket);
    }
    finishRequest(this.request);
    this.finish({ status, initiator: 'server', error: this.error });
  }

  private closeWith(status: number, body: string): void {
    const head = this.takeHead();
    this.uses.closeRefusal?.refuse(this.request, this.socket, head, status, body);
  }

  /** Of listeners of the application, where no response can tell. */
  onFault(error: unknown): void {
    this.uses.onFault(error);
    this.socket.destroy();
    this.finish({ status: undefined, initiator: 'server', error });
  }

  private onLeft(): void {
    if (this.isOver) return;
    this.finish({ status: undefined, initiator: 'client', error: this.error });
    this.socket.destroy();
    abortRequest(this.request, this.uses);
    if (this.target !== this.socket) this.target.destroy();
  }

  private readonly onResponseFinish = (): void => {
    const status = this.response.statusCode;
    this.letResponseGo();
    finishRequest(this.request);
    if (this.sink) this.closeWith(status, bodyOf(this.sink.bytes));
    else lingerAndDestroy(this.socket);
    this.finish({ status, initiator: 'server', error: this.error });
  };

  private finish(end: HandshakeEnd): void {
    if (this.isOver) return;
    this.release();
    for (const listener of this.endings.splice(0)) listener(end);
  }

  private release(): Buffer {
    this.isOver = true;
    clearTimeout(this.deadline);
    this.socket.off('close', this.onSocketClose);
    this.target.off('drain', this.onDrain);
    this.response.off('finish', this.onResponseFinish);
    this.uses.onOver(this);
    return this.takeHead();
  }

  private takeHead(): Buffer {
    return this.earlyBytes?.release() ?? this.head;
  }

  private readonly onSocketClose = (): void => contained(this, (handshake) => handshake.onLeft());

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

  /** It writes no more, and is closed in the next turn. */
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

/** For the socket until `ws` listens to its errors. */
export function ignoreResets(): void {
  // The socket's close event tells the rest.
}

function pathOf(url: string | undefined): string | undefined {
  const end = url?.indexOf('?') ?? -1;
  return end === -1 ? url : url?.slice(0, end);
}
