import { Logger } from '@nestjs/common';
import type { Server } from 'node:net';
import { WebSocketServer } from 'ws';
import { isCallProtocol } from '../options/call.protocol.js';
import { OptionReader } from '../options/option.reader.js';
import * as descriptors from '../options/server.descriptors.js';
import type { Upgrade } from '../upgrade/upgrade.request.js';
import { chunksFor } from '../ws/upgrade.acceptor.js';
import { GatewayClient } from './gateway.client.js';
import type { GatewayOptions, ResolvedAdapterOptions } from './gateway.options.js';
import { GatewayVerdict } from './gateway.verdict.js';

/**
 * The value of `@WebSocketServer()`: the server of `ws`, with `clients`, `on('connection')`, and so on. Its upgrades
 * come from the adapter.
 */
export class GatewayServer extends WebSocketServer<typeof GatewayClient> {
  /** @internal Whether new clients are refused with 503. */
  isDraining = false;
  /** @internal */
  readonly verdict: GatewayVerdict;
  /** The subprotocol of the current upgrade: `ws` asks for it synchronously. */
  private protocol: string | undefined;

  /**
   * @internal
   * @param path As clients write it; `''` serves every path.
   * @param own The gateway's own options.
   */
  constructor(
    override readonly path: string,
    private readonly http: Server,
    options: ResolvedAdapterOptions,
    own: GatewayOptions,
  ) {
    const { path: _path, namespace: _namespace, server: _server, ...rest } = own;
    const { verifyClient, handleProtocols, ...wsOptions } = rest;
    const maxPayload = own.maxPayload ?? options.maxPayload;
    const limits = {
      maxPayload,
      maxBufferedChunks: chunksFor(maxPayload),
      closeTimeout: options.closeTimeout,
    };
    super({
      ...wsOptions,
      perMessageDeflate: compressionOf(path, own) ?? options.perMessageDeflate,
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

  /** @internal @param protocol The choice of {@link verdict}. */
  accept(
    { requestForWs, socket, head }: Upgrade,
    protocol: string | undefined,
    onOpen: (client: GatewayClient) => void,
  ): void {
    this.protocol = protocol;
    this.handleUpgrade(requestForWs, socket, head, onOpen);
    this.protocol = undefined;
  }

  /** The address of the http server. */
  override address(): ReturnType<Server['address']> {
    return this.http.address();
  }
}

/** The client's first subprotocol, as with `ws`, but skips those that only routes support. */
function firstSpoken(offered: ReadonlySet<string>): string | false {
  return [...offered].find((name) => !isCallProtocol(name)) ?? false;
}

/**
 * @returns `undefined` if the gateway leaves it to the adapter.
 * @throws InvalidWebSocketOptionException
 */
function compressionOf(path: string, { perMessageDeflate }: GatewayOptions) {
  const reader = new OptionReader(`@WebSocketGateway({ path: '${path}' })`);
  return (
    perMessageDeflate &&
    descriptors.perMessageDeflate.read(reader, 'perMessageDeflate', perMessageDeflate, false)
  );
}
