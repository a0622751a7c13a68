import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2';
import { connect as connectTcp, Server as TcpServer, type Socket } from 'node:net';
import { connect as connectTls, Server as TlsServer } from 'node:tls';

import { ignoreError } from '../close/ignored.errors.js';
import { openHttp2Socket } from '../http2/http2.client.socket.js';
import { isHttp2Server, speaksHttp1 } from '../http2/http2.server.js';
import { connectInProcess } from '../in-process/connect.in-process.js';
import { isClosed } from './closed.application.js';

/** Nothing is ever sent there. */
const ANY_PORT = 80;

/** Its protocol name in TLS. */
const HTTP_1 = 'http/1.1';
const HTTP_2 = 'h2';
type Alpn = typeof HTTP_1 | typeof HTTP_2;

const CURE =
  ' This one speaks HTTP/2 alone. Set the option "http2: true", or create it with TLS and "allowHTTP1: true", which serves both.';

/** A Nest application of any version and platform. */
export interface TestedApplication {
  /** Node's own server. */
  getHttpServer(): unknown;
}

/** How a server is reached. */
export interface ServerTarget {
  /** The `Host` header that the client sends. */
  readonly host: string;
  readonly createConnection: () => Socket;
}

/** A listening server is reached through its port, any other without one. */
export function targetOf(app: TestedApplication): ServerTarget {
  const server = serverOf(app);
  if (!isHttp1(server)) {
    throw new Error(
      `connect() needs an application with an HTTP/1.1 server.${server instanceof TcpServer ? CURE : ''}`,
    );
  }
  return reach(app, server, HTTP_1);
}

/** @param given Default: a session of its own, which ends with the WebSocket. */
export function http2TargetOf(app: TestedApplication, given?: ClientHttp2Session): ServerTarget {
  const server = serverOf(app);
  if (!(server instanceof TcpServer) || !isHttp2Server(server)) {
    throw new Error(
      'connect() with "http2: true" needs an application with an HTTP/2 server: new FastifyAdapter({ http2: true, … }).',
    );
  }
  const { host, createConnection } = reach(app, server, HTTP_2);
  if (given) return { host, createConnection: () => openHttp2Socket(given) };
  const scheme = server instanceof TlsServer ? 'https' : 'http';
  return {
    host,
    createConnection() {
      const session = connectHttp2(`${scheme}://${host}`, { createConnection });
      // The socket reports it.
      session.on('error', ignoreError);
      return openHttp2Socket(session).once('close', () => session.close());
    },
  };
}

/** @throws Error before `app.init()`. */
function serverOf(app: TestedApplication): unknown {
  if (Reflect.get(app, 'isInitialized') === false) {
    throw new Error('connect() was called before app.init(). Await app.init() first.');
  }
  return app.getHttpServer();
}

function reach(app: TestedApplication, server: TcpServer, alpn: Alpn): ServerTarget {
  if (server.listening) return listeningTarget(server, alpn);
  return isClosed(app) ? closedTarget() : inProcessTarget(server, alpn);
}

/** Acts like a port that nobody listens on any more. */
function closedTarget(): ServerTarget {
  const error = Object.assign(new Error('connect ECONNREFUSED: the application is closed'), {
    code: 'ECONNREFUSED',
    syscall: 'connect',
  });
  return {
    host: 'localhost',
    createConnection: () =>
      connectTcp({
        port: ANY_PORT,
        host: 'localhost',
        lookup: (_host, _options, done) => done(error, ''),
      }),
  };
}

function inProcessTarget(server: TcpServer, alpnProtocol: Alpn): ServerTarget {
  return {
    host: 'localhost',
    createConnection: () => connectInProcess(server, { alpnProtocol }).client,
  };
}

function listeningTarget(server: TcpServer, alpn: Alpn): ServerTarget {
  const address = server.address();
  const isSecure = server instanceof TlsServer;
  const place =
    typeof address === 'string'
      ? { path: address }
      : { host: reachable(address?.address ?? ''), port: address?.port ?? 0 };
  const host = 'port' in place ? `localhost:${place.port}` : 'localhost';
  return {
    host,
    createConnection: () =>
      isSecure
        ? connectTls({
            ...place,
            servername: 'localhost',
            rejectUnauthorized: false,
            ALPNProtocols: [alpn],
          })
        : connectTcp(place),
  };
}

function isHttp1(server: unknown): server is TcpServer {
  return server instanceof TcpServer && speaksHttp1(server);
}

/** Addresses that stand for "all of this machine's" cannot be dialed everywhere. */
function reachable(address: string): string {
  if (address === '0.0.0.0') return '127.0.0.1';
  return address === '::' ? '::1' : address;
}
