import { Injectable } from '@nestjs/common';
import type { Server } from 'node:http';
import { SharedClass } from '../handles/shared.class.js';

/**
 * The HTTP servers whose upgrades reach the application. The application's own server is attached by itself; others,
 * such as a second one for HTTPS, are attached by hand. A provider to inject.
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
   * Serves the WebSocket routes on this server too. `app.close()` detaches it, but does not close it.
   *
   * @returns The release: detaches the server, and leaves its open connections alone.
   * @throws Error before `app.init()`.
   */
  abstract attach(server: Server): () => void;
}

/** What `WebSocketServers` stands for, once the application's own server is listened to. */
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
