import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server, Socket } from 'node:net';

export type HeldKind =
  'socket' | 'request' | 'response' | 'stream' | 'handler' | 'upgrade' | 'client';

/** Something of a client that the server has not let go of. */
export interface Held {
  readonly kind: HeldKind;
  /** The URL, which names the sequence, or the port of a socket's client. */
  readonly label: string;
  /** `Date.now()` of its beginning. */
  readonly since: number;
}

/** What is under way in the server: who begins something tells the ledger, and tells it of the end. */
export class Ledger {
  private readonly held = new Set<Held>();

  /** @returns The release. */
  hold(kind: HeldKind, label = ''): () => void {
    const entry: Held = { kind, label, since: Date.now() };
    this.held.add(entry);
    return () => void this.held.delete(entry);
  }

  list(): Held[] {
    return [...this.held];
  }

  /** From now on it knows the server's sockets, requests and responses. */
  watch(server: Server, opened: 'connection' | 'secureConnection'): void {
    server.on(opened, (socket: Socket) => {
      socket.once('close', this.hold('socket', String(socket.remotePort)));
    });
    server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
      this.watchExchange(request, response);
    });
  }

  private watchExchange(request: IncomingMessage, response: ServerResponse): void {
    const { url } = request;
    // Node tells a response of its socket's end where it has had the socket before that.
    if (response.socket) this.watchResponse(response, url);
    else
      response.once('socket', (socket: Socket) => {
        if (!socket.destroyed) this.watchResponse(response, url);
      });
    // Of plain requests, Node closes those alone that are the last on their socket so far.
    if (/websocket/i.test(request.headers.upgrade ?? '')) this.watchUpgrade(request, response);
  }

  private watchResponse(response: ServerResponse, url: string | undefined): void {
    response.once('close', this.hold('response', url));
  }

  private watchUpgrade(request: IncomingMessage, response: ServerResponse): void {
    const release = this.hold('request', request.url);
    request.once('close', release);
    response.once('close', () => {
      // That of an open WebSocket lives on with it.
      if (response.statusCode === 101) release();
    });
  }
}
