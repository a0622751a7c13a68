import type { Logger } from '@nestjs/common';
import {
  createServer,
  Server as HttpServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { Server } from 'node:net';
import type { UpgradeListener } from '../upgrade/admission.js';
import { GatewayUpgrades, type GatewayGate } from './gateway.upgrade.js';

/** An http server for gateways: the application's own, or one on a separate port. */
export class GatewayHost {
  readonly upgrades: GatewayUpgrades;
  private readonly listener: UpgradeListener<unknown>;

  static onPort(port: number, gate: GatewayGate): GatewayHost {
    const server = createServer(askForUpgrade);
    server.on('error', (error) => reportFault(gate.logger, port, error));
    server.listen(port);
    return new GatewayHost(server, true, gate);
  }

  constructor(
    readonly server: Server,
    readonly isOwn: boolean,
    gate: GatewayGate,
  ) {
    this.upgrades = new GatewayUpgrades(gate);
    this.listener = gate.admission.listen(server, this.upgrades);
  }

  /** Restores the application's server, and closes the others. */
  async close(isForced: boolean): Promise<void> {
    this.listener.refuseAllUnclaimed();
    this.listener.release();
    if (!this.isOwn) return;
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    if (isForced && this.server instanceof HttpServer) this.server.closeAllConnections();
    await closed;
  }
}

/** Such a server does not serve HTTP. */
function askForUpgrade(_request: IncomingMessage, response: ServerResponse): void {
  const body = JSON.stringify({ statusCode: 426, message: 'Upgrade Required' });
  response.writeHead(426, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    Connection: 'close, Upgrade',
    Upgrade: 'websocket',
  });
  response.end(body);
}

function reportFault(logger: Logger, port: number, error: Error): void {
  logger.error(`The server of the gateways on port ${port} failed: ${error.message}`, error.stack);
}
