import type { Http2SecureServer, Http2Server, Http2Session, ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import { Carrier } from './carrier.js';

/** How long a client may take to leave a connection whose WebSocket was cut, in ms. */
const PATIENCE = 5_000;
/** The same while the server closes, which waits for it. */
const PATIENCE_AT_CLOSE = 1_000;
/** How often to look whether the server closes, in ms: it does not tell. */
const LOOK = 100;

/** The connections of HTTP/2 that one server has accepted. */
export class Carriers {
  private readonly carriers = new Map<Http2Session, Carrier>();
  /** The socket whose session comes next: the server tells both in one turn. */
  private accepted: Socket | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly server: Http2Server | Http2SecureServer) {
    // Before Node's own listener, which creates the session.
    server.prependListener(this.acceptEvent, this.onSocket);
    server.on('session', this.onSession);
  }

  /** Restores the server. */
  release(): void {
    clearInterval(this.timer);
    this.server.off(this.acceptEvent, this.onSocket);
    this.server.off('session', this.onSession);
  }

  /** Counts the stream of a plain request. */
  note(stream: ServerHttp2Stream): void {
    const { session } = stream;
    if (session) this.of(session).add(stream);
  }

  /** Counts a WebSocket. @returns How many others its connection carries. */
  open(session: Http2Session): number {
    return this.of(session).openWebSocket();
  }

  /**
   * @param isCut Whether it ended without the client's consent: the connection may be dead, and ends unless it carries
   * other WebSockets.
   */
  close(session: Http2Session, isCut: boolean): void {
    const carrier = this.carriers.get(session);
    if (!carrier) return;
    carrier.closeWebSocket();
    if (isCut && carrier.webSockets === 0) carrier.end(PATIENCE);
  }

  /**
   * Sends GOAWAY: clients open further WebSockets elsewhere, and connections end with their last stream. A server that
   * closes waits for all others as well, and one that outlives the application keeps them.
   */
  goAway(): void {
    for (const carrier of this.carriers.values())
      if (carrier.hasCarried) carrier.end(PATIENCE_AT_CLOSE);
    this.timer ??= setInterval(() => {
      if (this.server.listening) return;
      for (const carrier of this.carriers.values()) carrier.end(PATIENCE_AT_CLOSE);
      if (this.carriers.size === 0) clearInterval(this.timer);
    }, LOOK);
  }

  private get acceptEvent(): 'connection' | 'secureConnection' {
    return this.server instanceof TlsServer ? 'secureConnection' : 'connection';
  }

  private of(session: Http2Session): Carrier {
    return this.carriers.get(session) ?? this.create(session, undefined);
  }

  private create(session: Http2Session, socket: Socket | undefined): Carrier {
    const carrier = new Carrier(session, socket, () => this.carriers.delete(session));
    this.carriers.set(session, carrier);
    return carrier;
  }

  private readonly onSocket = (socket: Socket): void => {
    this.accepted = socket;
  };

  private readonly onSession = (session: Http2Session): void => {
    this.create(session, this.accepted);
    this.accepted = undefined;
  };
}
