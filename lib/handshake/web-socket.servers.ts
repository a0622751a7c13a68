import { Injectable } from '@nestjs/common';
import type { Server } from 'node:http';
import { SharedClass } from '../handles/shared.class.js';

/**
 * The HTTP servers whose upgrades reach the application. The application's own server is attached automatically; attach
 * others, such as a second one for HTTPS, yourself. Inject it as a provider.
 *
 * @example
 * ```ts
 * await app.init();
 * // On Fastify: app.getHttpAdapter().getInstance().routing
 * const https = createServer(credentials, app.getHttpAdapter().getInstance());
 * app.get(WebSocketServers).attach(https);
 * ```
 */
@SharedClass('WebSocketServers')
export abstract class WebSocketServers {
  /**
   * Serves the WebSocket routes on this server, too. `app.close()` detaches it, but does not close it.
   *
   * @returns Detaches the server, and leaves its open connections alone.
   * @throws Error before `app.init()`.
   */
  abstract attach(server: Server): () => void;
}

/** The provider behind `WebSocketServers`, once the application's own server is attached. */
@Injectable()
export class AttachedServers implements WebSocketServers {
  private listen: WebSocketServers['attach'] | undefined;

  connect(listen: WebSocketServers['attach']): void {
    this.listen = listen;
  }

  attach(server: Server): () => void {
    if (!this.listen)
      throw new Error(
        'WebSocketServers.attach() was called before app.init(). Await app.init() first.',
      );
    return this.listen(server);
  }
}
