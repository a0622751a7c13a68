import type { Type } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import type { WebSocketConnection } from '../handles/connection.handles.js';

/**
 * The context for observers. Its type is `'http'`: `switchToHttp().getRequest()` is the upgrade request, and
 * `getClass()` and `getHandler()` are the route. `onOpen` and `onClose` of one upgrade get the same object, so you can
 * use it as the key of a `WeakMap`.
 */
export interface WebSocketObserverContext extends ExecutionContext {
  /** The connection. It is not open during the handshake. */
  readonly connection: WebSocketConnection;
}

/** Who ended it: the client with a close frame or by leaving, the server, or the network by breaking off. */
export type ConnectionInitiator = 'client' | 'server' | 'network';

/** How an upgrade or a connection ended. */
export interface ConnectionOutcome {
  /** `'refused'`: there was no connection. `'closed'`: there was one. */
  readonly kind: 'refused' | 'closed';
  /** HTTP status of the refusal; absent if the client left before it got an answer. */
  readonly status?: number;
  /** Close code; 1005 if the peer sent none, 1006 if the connection broke off. */
  readonly code?: number;
  /** Close reason. */
  readonly reason?: string;
  /** Who ended it. */
  readonly initiator: ConnectionInitiator;
  /** From the upgrade request to the end, in ms. */
  readonly durationMs: number;
  /** Messages received. */
  readonly received: number;
  /** Messages sent. */
  readonly sent: number;
  /** The error that ended it, if any. */
  readonly error?: unknown;
}

/**
 * Observes every upgrade of a route, including refused ones. Observers are not awaited and cannot refuse; if one throws
 * or rejects, the error is logged and has no other effect.
 */
export interface WebSocketObserver {
  /** Runs before middleware and guards. */
  onOpen?(context: WebSocketObserverContext): void | Promise<void>;
  /** Runs once for each `onOpen`: after a refusal, or before the close frame is sent or echoed. */
  onClose?(context: WebSocketObserverContext, outcome: ConnectionOutcome): void | Promise<void>;
}

/** An argument of `@UseObservers()`: an instance, or a class that Nest instantiates. */
export type ObserverReference = Type<WebSocketObserver> | WebSocketObserver;
