import type { ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { ignoreError } from '../close/ignored.errors.js';
import { contained, type FaultOwner } from '../errors/contained.js';
import { earlierResponseOn, passDrain } from '../ws/response.owner.js';
import { HandshakeBuffer } from './handshake.buffer.js';
import type { PipelinedRequests } from './pipelined.requests.js';
import { aborted, abortRequest } from './response.sink.js';
import type { Upgrade } from './upgrade.request.js';

/** How long earlier responses may continue when the server is about to close, in ms. */
const GRACE = 1_000;

export interface HeldDependencies extends FaultOwner {
  readonly pipelined: PipelinedRequests;
  /** The socket is free. */
  readonly onFree: () => void;
  /** Called once, before the socket is handed on, or when it is gone. */
  readonly onOver: () => void;
}

/**
 * An upgrade whose socket still belongs to earlier responses. Nobody may write to the socket until they have ended, and
 * their consumers continue as if there were no upgrade: Node has removed its own listeners, so this class does their
 * work. Past the deadline the socket is destroyed, because nothing can be said inside another response.
 */
export class HeldUpgrade implements FaultOwner {
  private response: ServerResponse | undefined;
  private readonly buffer: HandshakeBuffer;
  private deadline: NodeJS.Timeout;
  private isOver = false;

  /** @param timeout Milliseconds. */
  constructor(
    private readonly upgrade: Upgrade,
    timeout: number,
    private readonly deps: HeldDependencies,
  ) {
    const { socket, head } = upgrade;
    this.deadline = setTimeout(this.cut, timeout);
    socket.on('error', ignoreError);
    socket.on('drain', this.onDrain);
    socket.on('timeout', this.onIdle);
    // Like Node, aborts requests before their responses are closed.
    socket.prependListener('close', this.onClose);
    this.buffer = new HandshakeBuffer(socket, head, this.onEnd);
    this.await();
  }

  /** Consumers that still wait for a response see that the connection has broken. */
  readonly cut = (): void => void this.upgrade.socket.destroy();

  /** The server is about to close. */
  hurry(): void {
    clearTimeout(this.deadline);
    if (!this.isOver) this.deadline = setTimeout(this.cut, GRACE);
  }

  /** There may be several, one after another. */
  private readonly await = (): void => {
    this.response?.off('close', this.await);
    this.response = earlierResponseOn(this.upgrade.socket);
    if (this.response) this.response.on('close', this.await);
    // If the last response announced a close, Node has ended our side.
    else if (this.upgrade.socket.writable) this.free();
  };

  private free(): void {
    const { socket } = this.upgrade;
    this.release();
    socket.off('error', ignoreError);
    // Node allows this much silence between two requests, and removes the limit when the second one begins.
    if (socket instanceof Socket) socket.setTimeout(0);
    // As Node hands it over: the next reader starts the flow.
    Reflect.set(socket, 'readableFlowing', null);
    this.deps.onFree();
  }

  private release(): void {
    const { response, upgrade } = this;
    const { socket } = upgrade;
    this.isOver = true;
    clearTimeout(this.deadline);
    response?.off('close', this.await);
    socket.off('drain', this.onDrain);
    socket.off('timeout', this.onIdle);
    socket.off('close', this.onClose);
    this.deps.onOver();
    upgrade.head = this.buffer.release();
  }

  /** A listener of the application has thrown. */
  onFault(error: unknown): void {
    this.deps.onFault(error);
  }

  private readonly onDrain = (): void => {
    const { response } = this;
    if (response) contained(this, () => passDrain(response));
  };

  private readonly onIdle = (): void =>
    contained(this, ({ response, upgrade: { server, socket } }) => {
      const isHeard = response?.emit('timeout', socket);
      if (!server.emit('timeout', socket) && !isHeard) socket.destroy();
    });

  /** Without half-open connections, Node ends its side as well. */
  private readonly onEnd = (): void => void this.upgrade.socket.end();

  private readonly onClose = (): void => {
    const { response, upgrade, deps } = this;
    this.release();
    const behind = deps.pipelined.of(upgrade.socket);
    for (const { req } of response ? [response, ...behind] : behind) abortRequest(req, deps);
    // Node itself closes the one that has the socket.
    for (const other of behind) if (other !== response) other.destroy(aborted());
  };
}
