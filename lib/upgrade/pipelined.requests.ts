import { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/**
 * The requests that came before the responses to earlier requests of their sockets had ended. Node alone knows them,
 * and forgets to abort them where the last request of the socket is an upgrade.
 */
export class PipelinedRequests {
  private readonly waiting = new WeakMap<Duplex, Set<ServerResponse>>();

  /** Takes what came with a server's event `request`. */
  note([, response]: readonly unknown[]): void {
    // Each response has its socket, unless it has to wait for that.
    if (!isResponse(response) || response.socket !== null) return;
    const { socket } = response.req;
    const responses = this.waiting.get(socket) ?? new Set();
    this.waiting.set(socket, responses.add(response));
    response.once('close', () => {
      responses.delete(response);
      if (responses.size === 0) this.waiting.delete(socket);
    });
  }

  /** The responses to them that are not closed. */
  of(socket: Duplex): readonly ServerResponse[] {
    return [...(this.waiting.get(socket) ?? [])];
  }
}

/** Those of HTTP/2 are of another class, and have no order to keep. */
function isResponse(value: unknown): value is ServerResponse {
  return value instanceof ServerResponse;
}
