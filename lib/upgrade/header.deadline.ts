import { Server as HttpServer } from 'node:http';
import type { Server, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Server as TlsServer } from 'node:tls';
import { createMarks } from '../values/marks.js';
import { ABSENT, Roster, type RosterMember } from '../values/roster.js';
import { earlierResponseOn } from '../ws/response.owner.js';

const REQUEST_TIMEOUT = 'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n';

/** Parts of the timeout: a late head ends at most one part too late, and never too early. */
const SWEEPS = 8;

/** A socket whose first request is still awaited. */
class AwaitedHead implements RosterMember {
  rosterPlace = ABSENT;
  /** When its first byte was seen, by `performance.now()`. */
  beganAt: number | undefined;
  /** Bytes read before the socket was handed to us: those of a TLS handshake. */
  readonly before: number;

  /** @param isRaw Below TLS: its first byte does not belong to a head, and Node has a timeout for the handshake. */
  constructor(
    readonly socket: Socket,
    readonly isRaw: boolean,
    private readonly onReleased: (head: AwaitedHead) => void,
  ) {
    this.before = socket.bytesRead;
    socket.on('close', this.release);
  }

  readonly release = (): void => {
    this.socket.off('close', this.release);
    this.onReleased(this);
  };
}

/**
 * Frees sockets whose first request head has begun and stalled. Node alone notices them after a minute or more, and
 * never while the server closes. The time counts from the first byte. A socket that has sent nothing, such as one that
 * a browser opened ahead, is left to Node until the server closes.
 *
 * Node does not report a head's first byte, so one timer checks all awaited sockets.
 */
export class HeaderDeadline {
  private readonly heads = new Roster<AwaitedHead>();
  private readonly headOf = createMarks<AwaitedHead | undefined>();
  private timer: NodeJS.Timeout | undefined;
  private isClosing = false;

  /** @param timeout Milliseconds that the head may take at most, from its first byte to its end. */
  constructor(
    private readonly server: Server,
    private readonly timeout: number,
  ) {}

  /** @returns Detaches. Heads that have begun keep their deadline: a server that closes waits for them. */
  attach(): () => void {
    const { server, begin } = this;
    const event = openEventOf(server);
    if (event === undefined) return () => undefined;
    server.on(event, begin);
    if (event === 'secureConnection') server.on('connection', this.beginRaw);
    return () => {
      server.off(event, begin);
      server.off('connection', this.beginRaw);
      this.sweep();
      if (this.isClosing) return;
      for (const { beganAt, release } of this.heads) if (beganAt === undefined) release();
    };
  }

  /** The head has come: call it for upgrades, which take over the socket. */
  settle(socket: Duplex): void {
    this.headOf.get(socket)?.release();
  }

  /** The server is about to close, and would wait for sockets that have sent nothing: they close with it. */
  close(): void {
    this.isClosing = true;
  }

  private readonly begin = (socket: Socket): void => {
    // HTTP/2 has several requests at a time, and deadlines of its own.
    if ('alpnProtocol' in socket && socket.alpnProtocol === 'h2') return;
    this.await(socket, false);
  };

  private readonly beginRaw = (socket: Socket): void => this.await(socket, true);

  private await(socket: Socket, isRaw: boolean): void {
    this.settle(socket);
    const head = new AwaitedHead(socket, isRaw, this.onReleased);
    this.headOf.set(socket, head);
    this.heads.add(head);
    this.timer ??= setInterval(() => this.sweep(), this.timeout / SWEEPS);
  }

  private readonly onReleased = (head: AwaitedHead): void => {
    this.headOf.set(head.socket, undefined);
    this.heads.delete(head);
    if (this.heads.size === 0) this.rest();
  };

  private sweep(): void {
    const now = performance.now();
    for (const head of this.heads) {
      if (hasRequest(head.socket)) head.release();
      else if (head.beganAt === undefined) this.lookAt(head, now);
      else if (now - head.beganAt >= this.timeout) this.expire(head);
    }
  }

  private lookAt(head: AwaitedHead, now: number): void {
    const { socket } = head;
    if (socket.bytesRead > head.before) {
      if (head.isRaw) head.release();
      else head.beganAt = now;
    } else if (this.isClosing && !this.server.listening) socket.destroy();
  }

  private expire({ socket, release }: AwaitedHead): void {
    release();
    // A listener for CONNECT may have turned the socket into a tunnel without telling us.
    if (this.server.listenerCount('connect') > 0) return;
    // A server that outlives the application is left unchanged.
    if (this.isClosing && this.server.listening) return;
    socket.end(REQUEST_TIMEOUT, () => socket.destroy());
  }

  private rest(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }
}

/** `undefined` for servers without HTTP/1.1. HTTP/2 over TLS may support both. */
function openEventOf(server: Server): 'connection' | 'secureConnection' | undefined {
  if (server instanceof TlsServer) return 'secureConnection';
  return server instanceof HttpServer ? 'connection' : undefined;
}

/** Whether a request is being answered, or was: its head has come. */
function hasRequest(socket: Duplex): boolean {
  return (
    earlierResponseOn(socket) !== undefined ||
    ('bytesWritten' in socket && socket.bytesWritten !== 0)
  );
}
