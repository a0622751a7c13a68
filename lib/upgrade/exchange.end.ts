import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FaultOwner } from '../contained.js';
import { ResponseSink } from './response.sink.js';
import { assignSocket, detachSocket } from './upgrade.response.js';

/**
 * Ends a request as Node does when its client has left.
 *
 * @param owner Told of what a listener throws meanwhile: Node makes an error of the request of it, and such an error
 * without a listener would end the process.
 */
export function abortRequest(request: IncomingMessage, owner: FaultOwner): void {
  const reason = aborted();
  request.on('error', (error) => {
    if (error !== reason) owner.onFault(error);
  });
  request.destroy(reason);
}

/** As Node says it. */
export function aborted(): Error {
  return Object.assign(new Error('aborted'), { code: 'ECONNRESET' });
}

/** As Node does it for a request that has been answered: whoever waits for its end waits no longer. */
export function finishRequest(request: IncomingMessage): void {
  if (request.readableFlowing === null) request.resume();
}

/**
 * Takes a response off the socket and ends it, in the next turn, as Node does when a socket dies: it is destroyed, emits
 * `close`, and takes no more bytes. The socket lives on.
 */
export function closeResponse(response: ServerResponse, socket: Duplex): void {
  detachSocket(response, socket);
  const gone = new ResponseSink(socket, 0).setApart().destroy();
  // Node's own listener for the close of this stream does the rest.
  assignSocket(response, gone);
}
