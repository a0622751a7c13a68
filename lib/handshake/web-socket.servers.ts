import { Injectable } from '@nestjs/common';
import type { Server as HttpServer } from 'node:http';
import type { Http2SecureServer, Http2Server } from 'node:http2';
import { SharedClass } from '../handles/shared.class.js';

/** A server of `node:http`, `node:https` or `node:http2`. */
export type AttachableServer = HttpServer | Http2Server | Http2SecureServer;

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
   * On Fastify, an HTTP/2 server also serves WebSockets inside its HTTP/2 connections, to clients that connect after
   * this call (RFC 8441). On Express, it serves them over HTTP/1.1, with `allowHTTP1: true`.
   *
   * @returns Detaches the server, and leaves its open connections alone.
   * @throws Error before `app.init()`.
   */
  abstract attach(server: AttachableServer): () => void;
}

/** The provider behind `WebSocketServers`, once the application's own server is attached. */
@Injectable()
export class AttachedServers implements WebSocketServers {
  private listen: WebSocketServers['attach'] | undefined;

  connect(listen: WebSocketServers['attach']): void {
    this.listen = listen;
  }

  attach(server: AttachableServer): () => void {
    if (!this.listen)
      throw new Error(
        'WebSocketServers.attach() was called before app.init(). Await app.init() first.',
      );
    return this.listen(server);
  }
}
