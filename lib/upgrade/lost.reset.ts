import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** Milliseconds in which a client that has ended its side must read some of its answer. */
const PATIENCE = 5_000;

const watched = new WeakSet<Socket>();

/**
 * Destroys a socket whose reset Node has lost. Node can lose the error of a TLS connection that its client resets: the
 * socket then ends as if the client had ended it, writes are never completed, and neither the socket nor its response
 * is ever closed.
 */
export function destroyWhereLost(socket: Duplex): void {
  if (!(socket instanceof Socket) || watched.has(socket)) return;
  watched.add(socket);
  if (wasReset(socket)) socket.destroy();
  else socket.once('end', () => watchAnswer(socket));
}

/** Pipes have no port at either end. */
function wasReset({ localPort, remotePort }: Socket): boolean {
  return localPort !== undefined && remotePort === undefined;
}

function watchAnswer(socket: Socket): void {
  if (wasReset(socket)) {
    socket.destroy();
    return;
  }
  let left = socket.writableLength;
  const timer = setInterval(() => {
    // The port may have been cached before the reset.
    if (left > 0 && socket.writableLength === left) socket.destroy();
    left = socket.writableLength;
  }, PATIENCE).unref();
  socket.once('close', () => clearInterval(timer));
}
