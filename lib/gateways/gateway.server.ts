import { Logger } from '@nestjs/common';
import type { Server } from 'node:http';
import { WebSocketServer } from 'ws';
import { isCallProtocol } from '../options/call.protocol.js';
import { compressionOf } from '../options/server.descriptors.js';
import type { Upgrade } from '../upgrade/upgrade.request.js';
import { chunksFor } from '../ws/upgrade.acceptor.js';
import { GatewayClient } from './gateway.client.js';
import type { GatewayOptions, ResolvedAdapterOptions } from './gateway.options.js';
import { GatewayVerdict } from './gateway.verdict.js';

/**
 * What `@WebSocketServer()` gets: the server of `ws`, with `clients`, `on('connection')` and the rest. Its upgrades
 * come from the adapter.
 */
export class GatewayServer extends WebSocketServer<typeof GatewayClient> {
  /** @internal New clients are refused with 503. */
  isDraining = false;
  /** @internal */
  readonly verdict: GatewayVerdict;
  /** The subprotocol of the current upgrade: `ws` asks for it before it returns. */
  private protocol: string | undefined;

  /**
   * @internal
   * @param path As clients write it; `''` serves every path.
   * @param own What the gateway says itself.
   */
  constructor(
    override readonly path: string,
    private readonly http: Server,
    options: ResolvedAdapterOptions,
    own: GatewayOptions,
  ) {
    const { path: _path, namespace: _namespace, server: _server, ...rest } = own;
    const { verifyClient, handleProtocols, perMessageDeflate, ...wsOptions } = rest;
    const maxPayload = own.maxPayload ?? options.maxPayload;
    const limits = {
      maxPayload,
      maxBufferedChunks: chunksFor(maxPayload),
      closeTimeout: options.closeTimeout,
    };
    super({
      perMessageDeflate: compressionOf(perMessageDeflate ?? options.perMessageDeflate),
      ...wsOptions,
      ...limits,
      noServer: true,
      clientTracking: true,
      WebSocket: GatewayClient,
    });
    this.verdict = new GatewayVerdict(
      { verifyClient, handleProtocols },
      new Logger('WebSocketGateways'),
    );
    this.options.handleProtocols = handleProtocols ? () => this.protocol ?? false : firstSpoken;
  }

  /** @internal @param protocol What {@link verdict} chose. */
  accept(
    { request, socket, head }: Upgrade,
    protocol: string | undefined,
    onOpen: (client: GatewayClient) => void,
  ): void {
    this.protocol = protocol;
    this.handleUpgrade(request, socket, head, onOpen);
    this.protocol = undefined;
  }

  /** That of the http server. */
  override address(): ReturnType<Server['address']> {
    return this.http.address();
  }
}

/** The first of the client's, as `ws` chooses it, but for those that are spoken on routes alone. */
function firstSpoken(offered: ReadonlySet<string>): string | false {
  return [...offered].find((name) => !isCallProtocol(name)) ?? false;
}
