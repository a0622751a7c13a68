import { Server as HttpServer } from 'node:http';
import { Server as HttpsServer } from 'node:https';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

import { isClosed } from './closed.application.js';
import { socketPair } from './in-process.socket.js';
import { runOutside } from './own.context.js';

/** Nothing is ever sent there. */
const ANY_PORT = 80;

/** A Nest application, of whatever version and platform. */
export interface TestedApplication {
  /** Node's own server. */
  getHttpServer(): unknown;
}

/** How a server is reached. */
export interface ServerTarget {
  /** What the client names in its `Host`. */
  readonly host: string;
  readonly createConnection: () => Socket;
}

/** A server that listens is reached through its port, any other without one. */
export function targetOf(app: TestedApplication): ServerTarget {
  if (Reflect.get(app, 'isInitialized') === false) {
    throw new Error('connect() was called before app.init(). Await app.init() first.');
  }
  const server = app.getHttpServer();
  if (!(server instanceof HttpServer || server instanceof HttpsServer)) {
    throw new Error('connect() needs an application with an HTTP/1.1 server.');
  }
  if (server.listening) return listeningTarget(server);
  return isClosed(app) ? closedTarget() : inProcessTarget(server);
}

/** As of a port that nobody listens on any more. */
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

function inProcessTarget(server: HttpServer | HttpsServer): ServerTarget {
  const isSecure = server instanceof HttpsServer;
  return {
    host: 'localhost',
    createConnection: () => {
      const pair = socketPair(isSecure);
      // Node documents this event as the way to inject connections; after TLS it is the other one.
      runOutside(() => server.emit(isSecure ? 'secureConnection' : 'connection', pair.server));
      return pair.client;
    },
  };
}

function listeningTarget(server: HttpServer | HttpsServer): ServerTarget {
  const address = server.address();
  const isSecure = server instanceof HttpsServer;
  const place =
    typeof address === 'string'
      ? { path: address }
      : { host: reachable(address?.address ?? ''), port: address?.port ?? 0 };
  const host = 'port' in place ? `localhost:${place.port}` : 'localhost';
  return {
    host,
    createConnection: () =>
      isSecure
        ? connectTls({ ...place, servername: 'localhost', rejectUnauthorized: false })
        : connectTcp(place),
  };
}

/** Addresses that stand for "all of this machine's" cannot be dialled everywhere. */
function reachable(address: string): string {
  if (address === '0.0.0.0') return '127.0.0.1';
  return address === '::' ? '::1' : address;
}
