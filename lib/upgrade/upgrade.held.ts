import type { Server, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { contained, type FaultOwner } from '../contained.js';
import { EarlyBytes } from './handshake.buffer.js';
import { aborted, abortRequest } from './exchange.end.js';
import { earlierResponseOn, passDrain } from './earlier.response.js';
import type { PipelinedRequests } from './pipelined.requests.js';

/** How long the responses before an upgrade may go on when the server is to close, in ms. */
const GRACE = 1_000;

export interface HeldDependencies extends FaultOwner {
  readonly server: Server;
  readonly pipelined: PipelinedRequests;
  /** The socket is free. @param head What the client has sent already. */
  readonly onFree: (head: Buffer) => void;
  /** Called once, before the socket is handed on, or when it is gone. */
  readonly onOver: () => void;
}

/**
 * An upgrade whose socket still belongs to responses before it. Nobody may write to the socket until they have ended,
 * and those who wait for them go on as if there was no upgrade: Node has taken its own listeners off, so that what they
 * did is done here. Past the deadline the socket is destroyed, since nothing can be said inside another response.
 */
export class HeldUpgrade implements FaultOwner {
  private response: ServerResponse | undefined;
  private readonly early: EarlyBytes;
  private deadline: NodeJS.Timeout;
  private isOver = false;

  /** @param timeout Milliseconds. */
  constructor(
    private readonly socket: Duplex,
    head: Buffer,
    timeout: number,
    private readonly uses: HeldDependencies,
  ) {
    this.deadline = setTimeout(this.cut, timeout);
    socket.on('error', ignoreError);
    socket.on('drain', this.onDrain);
    socket.on('timeout', this.onIdle);
    // Requests are aborted before their responses are closed, as Node does it.
    socket.prependListener('close', this.onClose);
    this.early = new EarlyBytes(socket, head, this.onEnd);
    this.await();
  }

  /** Those who still wait for a response see that the connection has broken. */
  readonly cut = (): void => void this.socket.destroy();

  /** The server is to close. */
  hurry(): void {
    clearTimeout(this.deadline);
    if (!this.isOver) this.deadline = setTimeout(this.cut, GRACE);
  }

  /** There may be several, one after the other. */
  private readonly await = (): void => {
    this.response?.off('close', this.await);
    this.response = earlierResponseOn(this.socket);
    if (this.response) this.response.on('close', this.await);
    // Where the last response has announced a close, Node has ended our side.
    else if (this.socket.writable) this.free();
  };

  private free(): void {
    const { socket } = this;
    const head = this.release();
    socket.off('error', ignoreError);
    // Node allows this much silence between two requests, and takes the limit back when the second one begins.
    if (socket instanceof Socket) socket.setTimeout(0);
    // As Node hands it over: the next reader starts the flow.
    Reflect.set(socket, 'readableFlowing', null);
    this.uses.onFree(head);
  }

  private release(): Buffer {
    const { socket, response } = this;
    this.isOver = true;
    clearTimeout(this.deadline);
    response?.off('close', this.await);
    socket.off('drain', this.onDrain);
    socket.off('timeout', this.onIdle);
    socket.off('close', this.onClose);
    this.uses.onOver();
    return this.early.release();
  }

  /** Of listeners of the application. */
  onFault(error: unknown): void {
    this.uses.onFault(error);
  }

  private readonly onDrain = (): void => {
    const { response } = this;
    if (response) contained(this, () => passDrain(response));
  };

  private readonly onIdle = (): void =>
    contained(this, ({ response, socket, uses }) => {
      const isHeard = response?.emit('timeout', socket);
      if (!uses.server.emit('timeout', socket) && !isHeard) socket.destroy();
    });

  /** Without half-open connections, Node ends its side as well. */
  private readonly onEnd = (): void => void this.socket.end();

  private readonly onClose = (): void => {
    const { response, socket, uses } = this;
    this.release();
    const behind = uses.pipelined.of(socket);
    for (const { req } of response ? [response, ...behind] : behind) abortRequest(req, uses);
    // Node itself closes the one that has the socket.
    for (const other of behind) if (other !== response) other.destroy(aborted());
  };
}

function ignoreError(): void {
  // The socket's close event tells the rest.
}
