import { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/**
 * The requests that came before the responses to earlier requests of their sockets had ended. Node alone knows them,
 * and forgets to abort them where the last request of the socket is an upgrade.
 */
export class PipelinedRequests {
  private readonly waiting = new WeakMap<Duplex, Set<IncomingMessage>>();

  /** Of the event `request` of a server. */
  note([request, response]: readonly unknown[]): void {
    // Each response has its socket, unless it has to wait for that.
    if (!(response instanceof ServerResponse) || response.socket !== null) return;
    if (!(request instanceof IncomingMessage)) return;
    const requests = this.waiting.get(request.socket) ?? new Set();
    this.waiting.set(request.socket, requests.add(request));
    response.once('close', () => {
      requests.delete(request);
      if (requests.size === 0) this.waiting.delete(request.socket);
    });
  }

  of(socket: Duplex): Iterable<IncomingMessage> {
    return this.waiting.get(socket) ?? [];
  }
}
