import { connect as connectHttp2 } from 'node:http2';
import type { Server, Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import { ignoreError } from '../close/ignored.errors.js';
import { openHttp2Socket } from '../http2/http2.client.socket.js';
import { isHttp2Server, speaksHttp1 } from '../http2/http2.server.js';
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
 * after TLS. If the server speaks HTTP/2 alone and you name no protocol, the caller's end takes one WebSocket upgrade of
 * HTTP/1.1, and opens it inside HTTP/2 (RFC 8441).
 *
 * @param peer The other end as the server sees it.
 * @returns Both ends.
 */
export function connectInProcess(server: Server, peer: InProcessPeer = {}): InProcessConnection {
  const isSecure = server instanceof TlsServer;
  const isInside = peer.alpnProtocol === undefined && isHttp2Server(server) && !speaksHttp1(server);
  const pair = socketPair(isSecure, isInside ? { ...peer, alpnProtocol: 'h2' } : peer);
  // Set on every socket that a server has accepted.
  Reflect.set(pair.server, 'server', server);
  // Node documents this event as the way to inject connections; after TLS it is the other one.
  runOutside(() => server.emit(isSecure ? 'secureConnection' : 'connection', pair.server));
  return isInside ? { client: insideHttp2(pair.client), server: pair.server } : pair;
}

function insideHttp2(client: Socket): Socket {
  const session = connectHttp2('http://localhost', { createConnection: () => client });
  // The socket reports it.
  session.on('error', ignoreError);
  return openHttp2Socket(session).once('close', () => session.close());
}
