import { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/**
 * The requests that came before the responses to earlier requests of their sockets had ended. Only Node knows them, and
 * it does not abort them if the last request of the socket is an upgrade.
 */
export class PipelinedRequests {
  private readonly waiting = new WeakMap<Duplex, Set<ServerResponse>>();

  /** Takes the arguments of a server's `request` event. */
  note([, response]: readonly unknown[]): void {
    // Each response has its socket, unless it has to wait for it.
    if (!isResponse(response) || response.socket !== null) return;
    const { socket } = response.req;
    const responses = this.waiting.get(socket) ?? new Set();
    this.waiting.set(socket, responses.add(response));
    response.once('close', () => {
      responses.delete(response);
      if (responses.size === 0) this.waiting.delete(socket);
    });
  }

  /** Their responses that are not closed. */
  of(socket: Duplex): readonly ServerResponse[] {
    return [...(this.waiting.get(socket) ?? [])];
  }
}

/** Responses of HTTP/2 are of another class, and have no order. */
function isResponse(value: unknown): value is ServerResponse {
  return value instanceof ServerResponse;
}
