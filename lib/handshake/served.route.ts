import type { CanActivate } from '@nestjs/common';
import type { ConnectionHandler } from '../connection/connection.context.js';
import type { RouteRuntime } from '../connection/route.runtime.js';
import type { RouteDefinition } from '../discovery/route.definition.js';
import type { ScopedController } from '../nest/controller.scope.js';
import type { HandshakeExceptions } from '../nest/handshake.exceptions.js';
import type { ObserverProvider } from '../observers/observer.factory.js';
import type { RouteJoins } from '../rooms/route.joins.js';
import type { OriginCheck } from '../upgrade/origin.policy.js';
import type { UpgradeAcceptor } from '../ws/upgrade.acceptor.js';
import type { ExpiryCheck } from './expiry.check.js';
import type { RouteGuardRounds } from './route.guard.rounds.js';

/** A handler with the enhancers of one controller instance. */
export interface BoundHandler extends ConnectionHandler {
  readonly instance: object;
  readonly callback: (...args: unknown[]) => unknown;
  readonly guards: CanActivate[];
  readonly exceptions: HandshakeExceptions;
}

/** A route that is ready for upgrades. */
export interface ServedRoute {
  readonly route: RouteDefinition;
  readonly runtime: RouteRuntime;
  readonly acceptor: UpgradeAcceptor;
  readonly origins: OriginCheck;
  readonly observers: readonly ObserverProvider[];
  /** `undefined` if its connections join no room. */
  readonly joins: RouteJoins | undefined;
  readonly expiry: ExpiryCheck;
  /** `undefined` if guards run only at the handshake, or before each message. */
  readonly rounds: RouteGuardRounds | undefined;
  /** Created once, if nothing is request-scoped. */
  readonly shared: BoundHandler | undefined;
  /** Answers a handshake whose controller could not be created. */
  readonly exceptions: HandshakeExceptions;
  /** Created for one handshake. */
  readonly bind: (controller: ScopedController) => BoundHandler;
}
