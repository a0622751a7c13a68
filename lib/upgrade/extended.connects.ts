import type { Http2SecureServer, Http2Server, ServerHttp2Stream } from 'node:http2';
import type { Server } from 'node:net';
import { Duplex } from 'node:stream';
import { Carriers } from '../http2/carriers.js';
import { asksForWebSocket, type ConnectHead } from '../http2/connect.request.js';
import { ConnectUpgrade } from './connect.upgrade.js';
import { isHttp2Server } from '../http2/http2.server.js';

/** The arguments of a server's `stream` event. */
type StreamEvent = readonly [
  stream: ServerHttp2Stream,
  headers: ConnectHead['headers'],
  flags: number,
  rawHeaders: ConnectHead['rawHeaders'],
];

/** The WebSockets that clients of one server open inside their HTTP/2 connections (RFC 8441). */
export class ExtendedConnects {
  private readonly carriers: Carriers;

  /**
   * Tells clients that connect from now on that they may ask for WebSockets.
   *
   * @returns `undefined` if the server speaks only HTTP/1.1.
   */
  static offer(server: Server): ExtendedConnects | undefined {
    if (!isHttp2Server(server)) return undefined;
    server.updateSettings({ enableConnectProtocol: true });
    return new ExtendedConnects(server);
  }

  private constructor(private readonly server: Http2Server | Http2SecureServer) {
    this.carriers = new Carriers(server);
  }

  /** Tells no further client. */
  withdraw(): void {
    // Someone else may serve them.
    if (!this.hasOthers) this.server.updateSettings({ enableConnectProtocol: false });
    this.carriers.release();
  }

  /** Whether anybody else listens for what is not ours. */
  get hasOthers(): boolean {
    return this.server.listenerCount('connect') > 0;
  }

  /** @returns `undefined` if the stream is not for a WebSocket. */
  upgradeOf(values: readonly unknown[]): ConnectUpgrade | undefined {
    if (!isStreamEvent(values)) return undefined;
    const [stream, headers, , rawHeaders] = values;
    const { session } = stream;
    if (!session || !asksForWebSocket(headers)) {
      this.carriers.note(stream);
      return undefined;
    }
    const siblings = this.carriers.open(session);
    const upgrade = new ConnectUpgrade(this.server, stream, { headers, rawHeaders }, siblings);
    upgrade.socket.once('close', () => this.carriers.close(session, upgrade.isCut));
    return upgrade;
  }

  /** Clients open further WebSockets elsewhere. */
  goAway(): void {
    this.carriers.goAway();
  }
}

function isStreamEvent(values: readonly unknown[]): values is StreamEvent {
  const [stream, headers, , rawHeaders] = values;
  return (
    stream instanceof Duplex &&
    'session' in stream &&
    typeof headers === 'object' &&
    headers !== null &&
    Array.isArray(rawHeaders)
  );
}
