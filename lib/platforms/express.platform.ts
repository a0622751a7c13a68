import { HttpStatus, type HttpServer, type VersioningOptions } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RouteEntry } from '../discovery/route.definition.js';
import { HostMatcher } from '../routing/host.matcher.js';
import type { PathMatching, PathParams, RouteCandidate } from '../routing/route.table.js';
import { VersionMatcher } from '../routing/version.matcher.js';
import type { ServerIdentity } from '../upgrade/origin.policy.js';
import { ExpressLayers } from './express.layers.js';
import { ExpressShape } from './express.shape.js';
import {
  upgradeHeadersFor,
  upgradeRequired,
  type HttpPlatform,
  type PipelineHooks,
  type PlatformRequest,
  type RouteChoice,
} from './http.platform.js';

type Next = (error?: unknown) => void;
type Middleware = (request: ExpressRequest, response: ExpressResponse, next: Next) => unknown;

/** The parts of Express' request that are used. */
interface ExpressRequest extends PlatformRequest {
  readonly hostname: string | undefined;
  readonly host?: string | undefined;
  readonly protocol: string;
  readonly method: string;
}

interface ExpressResponse {
  set(name: string, value: string): unknown;
  status(code: number): { end(): unknown };
}

interface ExpressApplication {
  use(middleware: Middleware): unknown;
  readonly router: { readonly caseSensitive?: boolean; readonly strict?: boolean };
}

/** Express: middleware in registration order; ours is the first, and the last before Nest's routes. */
export class ExpressPlatform implements HttpPlatform {
  readonly speaksHttp2 = false;
  private readonly shape = new ExpressShape();
  private readonly hosts = new HostMatcher();
  private versions: VersionMatcher | undefined;
  private layers: ExpressLayers<Middleware> | undefined;

  constructor(
    private readonly express: ExpressApplication,
    private readonly adapter: HttpServer,
  ) {}

  install(hooks: PipelineHooks): void {
    this.layers = new ExpressLayers<Middleware>(this.express, (request, response, next) =>
      hooks.exit(request, response, next),
    );
    this.layers.watch(this.adapter);
    this.express.use((request, response, next) => {
      const refused = hooks.enter(request, response);
      if (refused instanceof Promise) refused.then(next, next);
      else next(refused);
    });
  }

  complete(
    hooks: PipelineHooks,
    entries: readonly RouteEntry[],
    versioning: VersioningOptions | undefined,
  ): void {
    this.layers?.assertPlaced();
    this.versions = new VersionMatcher(this.adapter, entries, versioning);
    this.express.use((request, response, next) => {
      if (!hooks.needsUpgrade(request)) return next();
      for (const [name, value] of upgradeHeadersFor(request)) response.set(name, value);
      return next(upgradeRequired());
    });
  }

  /** The first candidate whose filters accept the request, in the order in which Express tries Nest's routes. */
  choose(request: PlatformRequest, candidates: readonly RouteCandidate[]): RouteChoice | undefined {
    let hosts: Record<string, string> | undefined;
    for (const candidate of candidates) {
      const { route, served } = candidate;
      if (this.versions?.takes(served, request) === false) continue;
      if (route.hosts.length === 0) return { candidate, hosts };
      const found = this.hosts.match(route.hosts, this.identity(request).hostname);
      // Nest's filter leaves an empty one behind.
      hosts = found ?? {};
      if (found) return { candidate, hosts };
    }
    return undefined;
  }

  /** Express has no WebSocket routes. */
  eachForeignPath(): void {}

  whenReady(): undefined {
    return undefined;
  }

  get matching(): PathMatching {
    const { caseSensitive, strict } = this.express.router;
    return {
      caseSensitive: caseSensitive === true,
      ignoreTrailingSlash: strict !== true,
      maxParamLength: Infinity,
    };
  }

  createResponse(request: IncomingMessage): ServerResponse {
    return this.shape.createResponse(request);
  }

  rawOf(request: PlatformRequest): object {
    return request;
  }

  identity(request: PlatformRequest): ServerIdentity & { readonly hostname: string } {
    const { protocol = 'http', host, hostname } = asExpress(request);
    return { protocol, host: host ?? request.headers.host, hostname: hostname ?? '' };
  }

  setParams(request: PlatformRequest, params: PathParams): void {
    request.params = params;
  }

  /** Node refused them when they were set. */
  dropInvalidHeaders(): undefined {
    return undefined;
  }

  /** Through these two, the request holds the response and everything that the middleware chain remembers. */
  releaseResponse(request: PlatformRequest): void {
    this.shape.learn(request);
    Reflect.set(request, 'res', undefined);
    Reflect.set(request, 'next', undefined);
    // Cached by parseurl, which recreates it on demand.
    Reflect.set(request, '_parsedUrl', undefined);
  }

  /** Express never answers on its own once a handler has run. */
  giveUpResponse(): void {}

  answerSwitching(response: object): boolean {
    if (isExpressResponse(response)) response.status(HttpStatus.SWITCHING_PROTOCOLS).end();
    return true;
  }
}

export function isExpressApplication(instance: unknown): instance is ExpressApplication {
  return typeof instance === 'function' && 'use' in instance && 'router' in instance;
}

function asExpress(request: PlatformRequest): Partial<ExpressRequest> {
  return request;
}

function isExpressResponse(response: object): response is ExpressResponse {
  return 'status' in response && typeof response.status === 'function';
}
