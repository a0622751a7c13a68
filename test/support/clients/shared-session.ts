import { connect, type ClientHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import { openHttp2Socket } from 'nestjs-revali-ws/testing';
import { trackClient } from './open-clients.js';

interface Current {
  readonly session: ClientHttp2Session;
  sockets: number;
}

/** Fewer than an application allows by default. */
const MAX_SOCKETS = 250;

/** One connection of HTTP/2 for all WebSockets of an app's clients, as a page has it. It ends with the last of them. */
export class SharedSession {
  private current: Current | undefined;

  /** @param origin `http://host:port` */
  constructor(private readonly origin: string) {}

  /** A stream of the session, as a socket for clients that speak HTTP/1.1. */
  open(): Socket {
    if (!this.current || !isUsable(this.current)) {
      this.current = { session: dial(this.origin), sockets: 0 };
    }
    const { current } = this;
    current.sockets += 1;
    return openHttp2Socket(current.session).once('close', () => {
      current.sockets -= 1;
      // Within a callback of the session, its end corrupts the heap of Node 20.
      setImmediate(() => {
        if (current.sockets === 0) current.session.close();
      });
    });
  }

  /** Further sockets get another session, as after a GOAWAY. */
  renew(): void {
    this.current = undefined;
  }
}

function isUsable({ session, sockets }: Current): boolean {
  return !session.closed && !session.destroyed && sockets < MAX_SOCKETS;
}

function dial(origin: string): ClientHttp2Session {
  const session = connect(origin, { rejectUnauthorized: false });
  // A stream of it tells its client.
  session.on('error', () => undefined);
  const gone = new Promise<void>((resolve) => session.once('close', resolve));
  const abandon = (): Promise<void> => {
    setImmediate(() => session.destroy());
    return gone;
  };
  session.once('close', trackClient({ abandon }));
  return session;
}
