import type { IncomingMessage } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';
import type { Server } from 'node:net';
import {
  hasBody,
  isHost,
  malformed,
  protocolFault,
  Upgrade,
  versionFault,
  type Refusal,
} from './upgrade.request.js';
import {
  asUpgradeRequest,
  ConnectRequest,
  valuesOf,
  type ConnectHead,
} from '../http2/connect.request.js';
import { StreamSocket } from '../http2/stream.socket.js';

/** An extended CONNECT for a WebSocket (RFC 8441 section 5), in the form of an upgrade. */
export class ConnectUpgrade extends Upgrade {
  /** @param others How many other streams of its session are WebSockets. */
  constructor(
    server: Server,
    private readonly stream: ServerHttp2Stream,
    private readonly connect: ConnectHead,
    private readonly others: number,
  ) {
    const socket = new StreamSocket(stream);
    super(server, new ConnectRequest(socket, connect), socket, Buffer.alloc(0));
  }

  /** Whether its stream was reset by us. */
  get isCut(): boolean {
    return this.socket instanceof StreamSocket && this.socket.isCut;
  }

  /** Leaves the stream to other listeners. */
  giveBack(): void {
    if (this.socket instanceof StreamSocket) this.socket.giveBack();
  }

  override get requestForWs(): IncomingMessage {
    return asUpgradeRequest(this.request);
  }

  override get isHttp2(): boolean {
    return true;
  }

  override get siblings(): number {
    return this.others;
  }

  override get fault(): Refusal | undefined {
    const { request, stream } = this;
    const { rawHeaders } = this.connect;
    // A proxy in front may have ended TLS, so the connection does not tell which of the two it is.
    if (!/^https?$/.test(this.connect.headers[':scheme'] ?? ''))
      return malformed('Invalid :scheme');
    if (!this.hasOneAuthority) return malformed('Missing, repeated or invalid :authority');
    if (hasBody(request) || stream.endAfterHeaders)
      return malformed('A CONNECT request has no body');
    if (valuesOf(rawHeaders, 'origin').length > 1) return malformed('Repeated Origin');
    return this.versionFault ?? protocolFault(request);
  }

  protected override asksForWebSocket(): boolean {
    return true;
  }

  /** Firefox behind a proxy sends none (haproxy/haproxy#2244). */
  private get versionFault(): Refusal | undefined {
    const { request } = this;
    return request.headers['sec-websocket-version'] === undefined
      ? undefined
      : versionFault(request);
  }

  /** Guards and the check of the origin read `Host`, proxies the authority. */
  private get hasOneAuthority(): boolean {
    const { headers, rawHeaders } = this.connect;
    const { host } = this.request.headers;
    const hosts = valuesOf(rawHeaders, 'host');
    return headers[':authority'] === host && isHost(host) && hosts.every((name) => name === host);
  }
}
