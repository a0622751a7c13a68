import type { Http2SecureServer, Http2Server, Http2Session, ServerHttp2Stream } from 'node:http2';
import type { Server } from 'node:net';
import { Duplex } from 'node:stream';
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
  /** How many streams are WebSockets, for each session that has had one. */
  private readonly sessions = new Map<Http2Session, number>();

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

  private constructor(private readonly server: Http2Server | Http2SecureServer) {}

  /** Tells no further client. */
  withdraw(): void {
    // Someone else may serve them.
    if (!this.hasOthers) this.server.updateSettings({ enableConnectProtocol: false });
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
    if (!session || !asksForWebSocket(headers)) return undefined;
    const siblings = this.count(session, stream);
    return new ConnectUpgrade(this.server, stream, { headers, rawHeaders }, siblings);
  }

  /** Sends GOAWAY: clients open further WebSockets elsewhere, and sessions end with their last stream. */
  goAway(): void {
    for (const session of this.sessions.keys()) session.close();
  }

  /** @returns How many others there are. */
  private count(session: Http2Session, stream: ServerHttp2Stream): number {
    const { sessions } = this;
    const others = sessions.get(session);
    if (others === undefined) session.once('close', () => sessions.delete(session));
    sessions.set(session, (others ?? 0) + 1);
    stream.once('close', () => {
      const left = sessions.get(session);
      if (left !== undefined) sessions.set(session, left - 1);
    });
    return others ?? 0;
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
