import { Injectable } from '@nestjs/common';
import type { Request } from 'express';
import type {
  WebSocketConnection,
  WebSocketObserver,
  WebSocketObserverContext,
} from 'nestjs-revali-ws';

/** 4000 + 401, the code that a new connection would be refused with. */
const UNAUTHORIZED = 4401;

/**
 * Guards run at the handshake, so a connection may outlive its sign-in: this closes it. As an observer of the
 * module, it knows the connections of all routes, including pending handshakes: a connection that it closes before
 * it opens closes as it opens. The route option `expires` does the same by the clock.
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

  /** One line for each open connection. */
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
