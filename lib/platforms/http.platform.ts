import { HttpException, type VersioningOptions } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RouteEntry } from '../discovery/route.definition.js';
import type { ForeignPath } from '../errors/revali-ws.exceptions.js';
import type { HandshakeRequest } from '../handles/connection.handles.js';
import type { PathMatching, PathParams, RouteCandidate } from '../routing/route.table.js';
import type { ServerIdentity } from '../upgrade/origin.policy.js';

/** A request as the HTTP platform sees it; Fastify wraps Node's own. */
export interface PlatformRequest extends HandshakeRequest {
  /** The routers' name for path parameters; written before any code of the application runs. */
  params: unknown;
}

/** The two points at which an upgrade request touches the HTTP pipeline. */
export interface PipelineHooks {
  /**
   * Runs before the application's first middleware.
   *
   * @returns An exception if the request is refused, for the platform's own error handling.
   */
  enter(request: PlatformRequest, response: object): Error | undefined | Promise<Error | undefined>;
  /**
   * Runs after the last middleware and before the first route. Always answers the request, or passes it on.
   *
   * @returns `undefined` if that is done.
   */
  exit(request: PlatformRequest, response: object, next?: () => void): Promise<void> | undefined;
  /** Whether only WebSocket routes serve the path of a plain request, which is then answered with 426. */
  needsUpgrade(request: PlatformRequest): boolean;
}

/** The choice of the platform's own rule. */
export interface RouteChoice {
  readonly candidate: RouteCandidate;
  /** Parameters of the host; `undefined` if no host was checked. */
  readonly hosts: Record<string, string> | undefined;
}

/** What the two HTTP platforms do differently. */
export interface HttpPlatform {
  /** Runs before routes are known: hooks into the pipeline. */
  install(hooks: PipelineHooks): void;
  /**
   * Runs once all HTTP routes are registered.
   *
   * @param entries In registration order.
   */
  complete(
    hooks: PipelineHooks,
    entries: readonly RouteEntry[],
    versioning: VersioningOptions | undefined,
  ): void;
  /**
   * Chooses the route that a GET would reach, among those that serve the path of an upgrade.
   *
   * @throws What a version extractor throws.
   */
  choose(request: PlatformRequest, candidates: readonly RouteCandidate[]): RouteChoice | undefined;
  /** Visits the platform's own WebSocket routes, and later ones as they are added. */
  eachForeignPath(visit: (foreign: ForeignPath) => void): void;
  /** `undefined` once the platform can take requests; a rejection if it cannot start. */
  whenReady(): Promise<void> | undefined;
  readonly matching: PathMatching;
  /** Whether it takes requests of HTTP/2. */
  readonly speaksHttp2: boolean;
  /** The response to an upgrade request that is about to enter the pipeline. */
  createResponse(request: IncomingMessage): ServerResponse;
  /** Node's own request, which Fastify wraps. */
  rawOf(request: PlatformRequest): object;
  identity(request: PlatformRequest): ServerIdentity & { readonly hostname: string };
  setParams(request: PlatformRequest, params: PathParams): void;
  /** Removes headers that cannot be sent, so that a refusal can be. @returns What is wrong with them. */
  dropInvalidHeaders(response: object): Error | undefined;
  /** Releases the response of a request that has become a connection. */
  releaseResponse(request: PlatformRequest): void;
  /** The client is answered outside the platform, which must not answer any more. */
  giveUpResponse(response: object): void;
  /**
   * Answers 101 through the platform, so that its hooks for outgoing responses run.
   *
   * @returns False if a guard or a hook has answered and lets the client in anyway: that answer counts.
   */
  answerSwitching(response: object): boolean;
}

/**
 * The headers of a 426. HTTP/2 has no upgrades, and no connection-specific headers (RFC 9113 section 8.2.2).
 *
 * @param request Node's own request.
 */
export function upgradeHeadersFor(request: object): readonly (readonly [string, string])[] {
  const major: unknown = Reflect.get(request, 'httpVersionMajor');
  if (typeof major === 'number' && major > 1) return [];
  return [
    ['Upgrade', 'websocket'],
    // If it is set, Node no longer adds a close for a client or HTTP/1.0 that asks for it.
    ['Connection', 'close, Upgrade'],
  ];
}

export function upgradeRequired(): HttpException {
  return new HttpException({ statusCode: 426, message: 'Upgrade Required' }, 426);
}
