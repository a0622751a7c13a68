import { Injectable } from '@nestjs/common';
import type { Request } from 'express';
import type {
  WebSocketConnection,
  WebSocketObserver,
  WebSocketObserverContext,
} from 'nestjs-revali-ws';

/** 4000 + 401, like the refusal that a new connection would meet. */
const UNAUTHORIZED = 4401;

/**
 * Guards run at the handshake, and a connection may outlive what they saw: this closes those whose sign-in has ended.
 * As an observer of the module it knows the connections of all routes, handshakes under way included: one that is
 * closed before it opens, closes as it opens. The option `expires` of the routes does the same by the clock.
 */
@Injectable()
export class OpenConnections implements WebSocketObserver {
  private readonly requests = new Map<WebSocketConnection, Request>();

  onOpen(context: WebSocketObserverContext): void {
    this.requests.set(context.connection, context.switchToHttp().getRequest<Request>());
  }

  onClose({ connection }: WebSocketObserverContext): void {
    this.requests.delete(connection);
  }

  /** One line for each connection that is open. */
  describe(): string[] {
    return [...this.requests]
      .filter(([connection]) => connection.isOpen)
      .map(([, { path, user }]) => `${user?.name} by ${user?.by} on ${path}`);
  }

  closeFor(signInId: string, reason: string): void {
    for (const [connection, { user }] of this.requests)
      if (user?.id === signInId) connection.close(UNAUTHORIZED, reason);
  }
}
