import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Server as HttpServer } from 'node:http';
import { Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** Unlike a listener for `request`, it is not lost to libraries that take over the server's listeners. */
const REQUEST_START = 'http.server.request.start';

const REQUEST_TIMEOUT = 'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n';

/**
 * Frees sockets on which the head of the first request began and stalled: Node alone notices them after a minute
 * or more. A socket that has sent nothing, such as one that a browser opened ahead, is left to Node.
 */
export class HeaderDeadline {
  private readonly releases = new Map<Duplex, () => void>();

  /** @param timeout Milliseconds that the head may take at most, from its first byte to its end. */
  constructor(
    private readonly server: HttpServer,
    private readonly timeout: number,
  ) {}

  /** @returns The release. */
  attach(): () => void {
    const { server, begin, onRequestStart } = this;
    const event = openEventOf(server);
    if (event === undefined) return () => undefined;
    server.on(event, begin);
    subscribe(REQUEST_START, onRequestStart);
    return () => {
      server.off(event, begin);
      unsubscribe(REQUEST_START, onRequestStart);
      for (const release of this.releases.values()) release();
    };
  }

  /** The head has come: to be called for upgrades, of which Node tells only their own listeners. */
  settle(socket: Duplex): void {
    this.releases.get(socket)?.();
  }

  private readonly begin = (socket: Socket): void => {
    const timer = setTimeout(() => {
      // It may begin a request at any time.
      if (socket.bytesRead === 0) timer.refresh();
      else this.expire(socket);
    }, this.timeout);
    const release = (): void => {
      clearTimeout(timer);
      socket.off('close', release);
      this.releases.delete(socket);
    };
    socket.on('close', release);
    this.releases.set(socket, release);
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
}

/** `undefined` for servers of another kind, such as HTTP/2, whose sockets carry more than one request at a time. */
function openEventOf(server: HttpServer): 'connection' | 'secureConnection' | undefined {
  if (server instanceof HttpsServer) return 'secureConnection';
  return server instanceof HttpServer ? 'connection' : undefined;
}

function isRequestStart(message: unknown): message is { readonly socket: Duplex } {
  return typeof message === 'object' && message !== null && 'socket' in message;
}
