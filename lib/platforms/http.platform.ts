import { HttpException, type VersioningOptions } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RouteEntry } from '../discovery/route.definition.js';
import type { ForeignPath } from '../errors/revali-ws.exceptions.js';
import type { HandshakeRequest } from '../handles/connection.handles.js';
import type { PathMatching, PathParams, RouteCandidate } from '../routing/route.table.js';
import type { ServerIdentity } from '../upgrade/origin.policy.js';

/** A request as the HTTP platform sees it; Fastify wraps Node's own. */
export interface PlatformRequest extends HandshakeRequest {
  /** What routers call the path parameters; written before anything of the application runs. */
  params: unknown;
}

/** The two points at which an upgrade request touches the HTTP pipeline. */
export interface PipelineHooks {
  /**
   * Before the application's first middleware.
   *
   * @returns An exception where the request is refused, for the platform's own error handling.
   */
  enter(request: PlatformRequest, response: object): Error | undefined | Promise<Error | undefined>;
  /**
   * After the last middleware and before the first route. Answers the request in every case, or passes on.
   *
   * @returns `undefined` where that is done.
   */
  exit(request: PlatformRequest, response: object, next?: () => void): Promise<void> | undefined;
  /** Whether a plain request is for a path that only WebSocket routes serve, and so to be answered with 426. */
  needsUpgrade(request: PlatformRequest): boolean;
}

/** What the platform's own rule has chosen. */
export interface RouteChoice {
  readonly candidate: RouteCandidate;
  /** Parameters of the host; `undefined` where no host was looked at. */
  readonly hosts: Record<string, string> | undefined;
}

/** What the two HTTP platforms do differently. */
export interface HttpPlatform {
  /** Before routes are known: hooks into the pipeline. */
  install(hooks: PipelineHooks): void;
  /**
   * Once all HTTP routes are registered.
   *
   * @param entries In the order of their registration.
   */
  complete(
    hooks: PipelineHooks,
    entries: readonly RouteEntry[],
    versioning: VersioningOptions | undefined,
  ): void;
  /**
   * Chooses the route that a GET would meet, among those that serve the path of an upgrade.
   *
   * @throws What an extractor of versions throws.
   */
  choose(request: PlatformRequest, candidates: readonly RouteCandidate[]): RouteChoice | undefined;
  /** Tells of routes for WebSockets that the platform has of its own; of those to come when they come. */
  eachForeignPath(visit: (foreign: ForeignPath) => void): void;
  /** `undefined` once the platform can take requests; a rejection where it cannot start. */
  whenReady(): Promise<void> | undefined;
  readonly matching: PathMatching;
  /** The response to an upgrade request that is about to enter the pipeline. */
  createResponse(request: IncomingMessage): ServerResponse;
  /** Node's own request, which Fastify wraps. */
  rawOf(request: PlatformRequest): object;
  identity(request: PlatformRequest): ServerIdentity & { readonly hostname: string };
  setParams(request: PlatformRequest, params: PathParams): void;
  /** Takes off headers that cannot be sent, so that a refusal can be. @returns What is wrong with them. */
  dropInvalidHeaders(response: object): Error | undefined;
  /** The response of a request that has become a connection is held by nobody any more. */
  releaseResponse(request: PlatformRequest): void;
  /** The client is answered past the platform, which must not answer any more. */
  giveUpResponse(response: object): void;
  /** Answers 101 through the platform, so that its hooks for leaving responses run. */
  answerSwitching(response: object): void;
}

/**
 * The headers of a 426. HTTP/2 has no upgrades, and no headers that are about the connection (RFC 9113 section 8.2.2).
 *
 * @param request Node's own.
 */
export function upgradeHeadersFor(request: object): readonly (readonly [string, string])[] {
  const major: unknown = Reflect.get(request, 'httpVersionMajor');
  if (typeof major === 'number' && major > 1) return [];
  return [
    ['Upgrade', 'websocket'],
    // Once it is named, Node no longer adds a close that the client, or HTTP/1.0, asks for.
    ['Connection', 'close, Upgrade'],
  ];
}

export function upgradeRequired(): HttpException {
  return new HttpException({ statusCode: 426, message: 'Upgrade Required' }, 426);
}
