import { Injectable } from '@nestjs/common';
import type { Server } from 'node:http';
import type { UpgradeListener } from './upgrade.listener.js';

/**
 * The HTTP servers whose upgrades reach the application. The application's own server is attached by itself; others,
 * such as a second one for HTTPS, are attached by hand.
 *
 * @example
 * ```ts
 * await app.init();
 * // On Fastify: app.getHttpAdapter().getInstance().routing
 * const https = createServer(credentials, app.getHttpAdapter().getInstance());
 * app.get(WebSocketServers).attach(https);
 * ```
 */
@Injectable()
export class WebSocketServers {
  private listener: UpgradeListener | undefined;

  /** @internal */
  connect(listener: UpgradeListener): void {
    this.listener = listener;
  }

  /**
   * Serves the WebSocket routes on this server too. `app.close()` detaches it, but does not close it.
   *
   * @returns The release: detaches the server, and leaves its open connections alone.
   * @throws Error before `app.init()`.
   */
  attach(server: Server): () => void {
    if (!this.listener)
      throw new Error(
        'WebSocketServers.attach() was called before app.init(). Await app.init() first.',
      );
    return this.listener.attach(server);
  }
}
