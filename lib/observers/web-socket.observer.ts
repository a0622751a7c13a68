import type { Type } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import type { WebSocketConnection } from '../handles/connection.handles.js';

/**
 * What an observer is told of. Its type is `'http'`: `switchToHttp().getRequest()` is the upgrade request,
 * `getClass()` and `getHandler()` are the route. `onOpen` and `onClose` of one upgrade get the same object, so
 * that it can be the key of a `WeakMap`.
 */
export interface WebSocketObserverContext extends ExecutionContext {
  /** The connection. While the handshake goes on it is not open yet. */
  readonly connection: WebSocketConnection;
}

/** Who ended it: the client by a close frame or by leaving, the server, or the network by breaking off. */
export type ConnectionInitiator = 'client' | 'server' | 'network';

/** How an upgrade or a connection ended. */
export interface ConnectionOutcome {
  /** `'refused'`: no connection came about. `'closed'`: there was one. */
  readonly kind: 'refused' | 'closed';
  /** HTTP status of the refusal; none where the client left before it was answered. */
  readonly status?: number;
  /** Close code; 1005 where the peer gave none, 1006 where the connection broke off. */
  readonly code?: number;
  /** Close reason. */
  readonly reason?: string;
  /** Who ended it. */
  readonly initiator: ConnectionInitiator;
  /** From the upgrade request to the end, in ms. */
  readonly durationMs: number;
  /** Messages that came in. */
  readonly received: number;
  /** Messages that went out. */
  readonly sent: number;
  /** The error that ended it, where one did. */
  readonly error?: unknown;
}

/**
 * Sees every upgrade of a route, refused ones included. Observers are not awaited and cannot refuse; one that
 * throws or rejects is logged and changes nothing.
 */
export interface WebSocketObserver {
  /** Before middleware and guards. */
  onOpen?(context: WebSocketObserverContext): void | Promise<void>;
  /** Once for each `onOpen`: after a refusal, or before the close frame is sent or echoed. */
  onClose?(context: WebSocketObserverContext, outcome: ConnectionOutcome): void | Promise<void>;
}

/** What `@UseObservers()` takes: an instance, or a class that Nest makes. */
export type ObserverReference = Type<WebSocketObserver> | WebSocketObserver;
