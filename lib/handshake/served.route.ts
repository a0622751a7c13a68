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

/** A route ready to take upgrades. */
export interface ServedRoute {
  readonly route: RouteDefinition;
  readonly runtime: RouteRuntime;
  readonly acceptor: UpgradeAcceptor;
  readonly origins: OriginCheck;
  readonly observers: readonly ObserverProvider[];
  /** `undefined` where its connections join no room. */
  readonly joins: RouteJoins | undefined;
  readonly expiry: ExpiryCheck;
  /** `undefined` where guards run at the handshake alone, or before each message. */
  readonly rounds: RouteGuardRounds | undefined;
  /** Made once, where nothing is request-scoped. */
  readonly shared: BoundHandler | undefined;
  /** Answers for a handshake whose controller could not be made. */
  readonly exceptions: HandshakeExceptions;
  /** Made for one handshake. */
  readonly bind: (controller: ScopedController) => BoundHandler;
}
