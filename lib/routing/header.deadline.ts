import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Server as HttpServer } from 'node:http';
import { Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** Unlike a listener for `request`, it is not lost to libraries that take over the server's listeners. */
const REQUEST_START = 'http.server.request.start';

const REQUEST_TIMEOUT = 'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n';

/** A socket whose first request is still awaited. */
interface AwaitedHead {
  readonly hasBegun: () => boolean;
  readonly release: () => void;
}

/**
 * Frees sockets on which the head of the first request began and stalled: Node alone notices them after a minute
 * or more, and never while the server closes. A socket that has sent nothing, such as one that a browser opened
 * ahead, is left to Node.
 */
export class HeaderDeadline {
  private readonly heads = new Map<Duplex, AwaitedHead>();
  private isDetached = false;

  /** @param timeout Milliseconds that the head may take at most, from its first byte to its end. */
  constructor(
    private readonly server: HttpServer,
    private readonly timeout: number,
  ) {}

  /** @returns The release. Heads that have begun keep their deadline: a server that closes waits for them. */
  attach(): () => void {
    const { server, begin, onRequestStart } = this;
    const event = openEventOf(server);
    if (event === undefined) return () => undefined;
    server.on(event, begin);
    subscribe(REQUEST_START, onRequestStart);
    return () => {
      server.off(event, begin);
      this.isDetached = true;
      for (const { hasBegun, release } of this.heads.values()) if (!hasBegun()) release();
      this.unsubscribeWhenDone();
    };
  }

  /** The head has come: to be called for upgrades, of which Node tells only their own listeners. */
  settle(socket: Duplex): void {
    this.heads.get(socket)?.release();
  }

  private readonly begin = (socket: Socket): void => {
    const hasBegun = (): boolean => socket.bytesRead > 0;
    const timer = setTimeout(() => {
      // It may begin a request at any time.
      if (hasBegun()) this.expire(socket);
      else timer.refresh();
    }, this.timeout);
    const release = (): void => {
      clearTimeout(timer);
      socket.off('close', release);
      this.heads.delete(socket);
      this.unsubscribeWhenDone();
    };
    socket.on('close', release);
    this.heads.set(socket, { hasBegun, release });
  };

  private readonly onRequestStart = (message: unknown): void => {
    if (isRequestStart(message)) this.settle(message.socket);
  };

  private expire(socket: Socket): void {
    this.settle(socket);
    // A listener for CONNECT may have made a tunnel of the socket, and nobody told us.
    if (this.server.listenerCount('connect') > 0) return;
    socket.write(REQUEST_TIMEOUT);
    socket.destroySoon();
  }

  private unsubscribeWhenDone(): void {
    if (this.isDetached && this.heads.size === 0) unsubscribe(REQUEST_START, this.onRequestStart);
  }
}

/** `undefined` for servers of another kind, such as HTTP/2, whose sockets carry more than one request at a time. */
function openEventOf(server: HttpServer): 'connection' | 'secureConnection' | undefined {
  if (server instanceof HttpsServer) return 'secureConnection';
  return server instanceof HttpServer ? 'connection' : undefined;
}

function isRequestStart(message: unknown): message is { readonly socket: Duplex } {
  return typeof message === 'object' && message !== null && 'socket' in message;
}
