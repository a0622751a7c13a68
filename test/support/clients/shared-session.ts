import { connect, type ClientHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import { openHttp2Socket } from 'nestjs-revali-ws/testing';
import { trackClient } from './open-clients.js';

/** One connection of HTTP/2 for all WebSockets of an app's clients, as a page has it; ends with the test. */
export class SharedSession {
  private session: ClientHttp2Session | undefined;

  /** @param origin `http://host:port` */
  constructor(private readonly origin: string) {}

  /** A stream of the session, as a socket for clients that speak HTTP/1.1. */
  open(): Socket {
    if (!this.session || this.session.closed || this.session.destroyed) this.session = this.dial();
    return openHttp2Socket(this.session);
  }

  private dial(): ClientHttp2Session {
    const session = connect(this.origin, { rejectUnauthorized: false });
    // A stream of it tells its client.
    session.on('error', () => undefined);
    const gone = new Promise<void>((resolve) => session.once('close', resolve));
    const abandon = (): Promise<void> => {
      // Within a callback of the session, it corrupts the heap of Node 20.
      setImmediate(() => session.destroy());
      return gone;
    };
    session.once('close', trackClient({ abandon }));
    return session;
  }
}
