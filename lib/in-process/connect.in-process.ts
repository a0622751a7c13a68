import type { Server as HttpServer } from 'node:http';
import type { Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import { socketPair, type InProcessPeer } from './in-process.socket.js';
import { runOutside } from './own.context.js';

/** The two ends of a connection within one process. */
export interface InProcessConnection {
  /** For who asked: with it the server's end goes, too. */
  readonly client: Socket;
  /** What the server reads. */
  readonly server: Socket;
}

/**
 * A connection to a server of this process that needs no port. The server reads its end as any socket that it has
 * accepted, past TLS.
 *
 * @param peer Who is shown to the server as the other end.
 * @returns Both ends.
 */
export function connectInProcess(
  server: HttpServer | TlsServer,
  peer?: InProcessPeer,
): InProcessConnection {
  const isSecure = server instanceof TlsServer;
  const pair = socketPair(isSecure, peer);
  // As on every socket that a server has accepted.
  Reflect.set(pair.server, 'server', server);
  // Node documents this event as the way to inject connections; after TLS it is the other one.
  runOutside(() => server.emit(isSecure ? 'secureConnection' : 'connection', pair.server));
  return pair;
}
