import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import type { Request } from 'express';
import type {
  WebSocketConnection,
  WebSocketObserver,
  WebSocketObserverContext,
} from 'nestjs-revali-ws';

import type { Identity } from './identity.js';
import { SignIns } from './sign-ins.js';

/** 4000 + 401, like the refusal that a new connection would meet. */
const UNAUTHORIZED = 4401;
const REVIEW_INTERVAL_MS = 1000;

/**
 * Guards run at the handshake, and a connection may outlive what they saw: this closes those whose sign-in or token
 * has ended. As an observer of the module it knows the connections of all routes, handshakes under way included: one
 * that is closed before it opens, closes as it opens.
 */
@Injectable()
export class OpenConnections implements WebSocketObserver, OnModuleInit, OnModuleDestroy {
  private readonly requests = new Map<WebSocketConnection, Request>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly signIns: SignIns) {}

  onModuleInit(): void {
    this.timer = setInterval(() => this.closeExpired(), REVIEW_INTERVAL_MS);
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

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
    this.closeWhere(({ id }) => id === signInId, reason);
  }

  private closeExpired(): void {
    const now = Date.now();
    this.closeWhere(
      ({ id, expiresAt }) => expiresAt <= now || !this.signIns.find(id),
      'The time of this sign-in is over',
    );
  }

  private closeWhere(isMeant: (identity: Identity) => boolean, reason: string): void {
    for (const [connection, { user }] of this.requests)
      if (user && isMeant(user)) connection.close(UNAUTHORIZED, reason);
  }
}
