import type { Server, Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import { socketPair, type InProcessPeer } from './in-process.socket.js';
import { runOutside } from './own.context.js';

/** The two ends of a connection within one process. */
export interface InProcessConnection {
  /** The caller's end: when it goes, the server's end goes, too. */
  readonly client: Socket;
  /** The end that the server reads. */
  readonly server: Socket;
}

/**
 * Connects to a server of this process without a port. The server reads its end like any socket that it has accepted,
 * after TLS.
 *
 * @param peer The other end as the server sees it.
 * @returns Both ends.
 */
export function connectInProcess(server: Server, peer?: InProcessPeer): InProcessConnection {
  const isSecure = server instanceof TlsServer;
  const pair = socketPair(isSecure, peer);
  // Set on every socket that a server has accepted.
  Reflect.set(pair.server, 'server', server);
  // Node documents this event as the way to inject connections; after TLS it is the other one.
  runOutside(() => server.emit(isSecure ? 'secureConnection' : 'connection', pair.server));
  return pair;
}
