import type { HttpServer, VersioningOptions } from '@nestjs/common';
import {
  ServerResponse,
  validateHeaderName,
  validateHeaderValue,
  type IncomingMessage,
  type OutgoingHttpHeaders,
} from 'node:http';
import type { RouteEntry } from '../discovery/route.definition.js';
import {
  UnsupportedNestVersionException,
  type ForeignPath,
} from '../errors/revali-ws.exceptions.js';
import { HostMatcher } from '../routing/host.matcher.js';
import type { PathMatching, PathParams, RouteCandidate } from '../routing/route.table.js';
import type { ServerIdentity } from '../upgrade/origin.policy.js';
import { BareRecord } from '../values/bare.record.js';
import { FastifyRoutes } from './fastify.routes.js';
import type {
  CallbackHook,
  FastifyApplication,
  FastifyReply,
  FastifyRequest,
} from './fastify.shape.js';
import {
  upgradeHeadersFor,
  upgradeRequired,
  type HttpPlatform,
  type PipelineHooks,
  type PlatformRequest,
  type RouteChoice,
} from './http.platform.js';

/** Must be an identifier: the router compiles it into a function. */
const CONSTRAINT = 'nestjsRevaliWs';
const UPGRADE = 'upgrade';
const DEFAULT_MAX_PARAM_LENGTH = 100;

/**
 * Fastify: each path is a separate route behind a constraint, so no HTTP route can swallow upgrades, and HTTP and
 * WebSocket routes may share a path. The application's hooks and plugins run for it as for any route.
 */
export class FastifyPlatform implements HttpPlatform {
  readonly speaksHttp2 = true;
  private isReady = false;
  private routes: FastifyRoutes | undefined;
  /** Replies that were told to send. */
  private readonly answered = new WeakSet<FastifyReply>();
  private readonly hosts = new HostMatcher();
  /** Set once the hook is installed. */
  private assertFirst: () => void = () => undefined;
  private readonly foreignPaths: ForeignPath[] = [];
  private visitForeignPath: (foreign: ForeignPath) => void = (foreign) =>
    void this.foreignPaths.push(foreign);

  constructor(
    private readonly fastify: FastifyApplication,
    private readonly adapter: HttpServer,
    private readonly isHandshake: (request: IncomingMessage) => boolean,
  ) {}

  install(hooks: PipelineHooks): void {
    this.fastify.addConstraintStrategy({
      name: CONSTRAINT,
      // Without a route of ours, the upgrade matches nothing instead of an HTTP route.
      mustMatchWhenDerived: true,
      storage: createStorage,
      validate: () => undefined,
      deriveConstraint: (request) => (this.isHandshake(request) ? UPGRADE : undefined),
    });
    this.fastify.addHook('onRoute', ({ url, websocket, wsHandler }) => {
      if (!websocket && !wsHandler) return;
      this.visitForeignPath({
        name: 'a route of @fastify/websocket',
        path: url,
        cure: 'Change one of the paths.',
      });
    });
    this.hookFirst((request, reply, done) => {
      if (this.isHandshake(request.raw)) this.watchAnswer(reply);
      const refused = hooks.enter(request, reply);
      if (refused instanceof Promise) refused.then(done, done);
      else done(refused);
    });
  }

  complete(
    hooks: PipelineHooks,
    entries: readonly RouteEntry[],
    versioning: VersioningOptions | undefined,
  ): void {
    this.assertFirst();
    // Nest's own routes come first: otherwise, Fastify would bind them to an error handler that is not Nest's yet.
    this.register(hooks, entries, versioning);
    this.fastify.addHook('preHandler', async (request, reply) => {
      if (!request.is404 || !hooks.needsUpgrade(request)) return;
      for (const [name, value] of upgradeHeadersFor(request.raw)) reply.header(name, value);
      throw upgradeRequired();
    });
  }

  /** If Fastify treats paths as one, the first route whose host matches. */
  choose(request: PlatformRequest, candidates: readonly RouteCandidate[]): RouteChoice | undefined {
    const found = isFastifyRequest(request) ? (this.routes?.chosenFor(request) ?? []) : [];
    for (const { route, served } of found) {
      // Middleware reads paths as the table does: if the router reads another path, the middleware would guard nothing.
      const candidate = candidates.find((other) => other.served === served);
      if (!candidate) continue;
      if (route.hosts.length === 0) return { candidate, hosts: undefined };
      const hosts = this.hosts.match(route.hosts, this.identity(request).hostname);
      if (hosts) return { candidate, hosts };
    }
    return undefined;
  }

  eachForeignPath(visit: (foreign: ForeignPath) => void): void {
    this.visitForeignPath = visit;
    this.foreignPaths.splice(0).forEach(visit);
  }

  /** Ready after `app.listen()`; after `app.init()`, with a server that listens on its own, nobody has asked for it. */
  whenReady(): Promise<void> | undefined {
    return this.isReady ? undefined : this.becomeReady();
  }

  get matching(): PathMatching {
    const { initialConfig } = this.fastify;
    const options = { ...initialConfig, ...initialConfig.routerOptions };
    // Before about Nest 11.1.14, its middleware takes paths as written, and would miss other spellings.
    const isRead = 'sanitizeUrl' in this.adapter;
    return {
      caseSensitive: options.caseSensitive !== false,
      ignoreTrailingSlash: isRead && options.ignoreTrailingSlash === true,
      maxParamLength: options.maxParamLength ?? DEFAULT_MAX_PARAM_LENGTH,
      hasEmptyWildcards: true,
      read: (path) => (isRead ? readAsRouter(path, options) : path),
    };
  }

  createResponse(request: IncomingMessage): ServerResponse {
    return new ServerResponse(request);
  }

  rawOf(request: PlatformRequest): object {
    return asFastify(request).raw ?? request;
  }

  identity(request: PlatformRequest): ServerIdentity & { readonly hostname: string } {
    const { protocol = 'http', host, hostname = '' } = asFastify(request);
    return { protocol, host: host ?? request.headers.host, hostname };
  }

  /** Wildcards have their name, and the last one is also `*`, as in Fastify itself. */
  setParams(request: PlatformRequest, params: PathParams): void {
    const wildcard = Object.values(params).findLast((value) => Array.isArray(value));
    request.params = Array.isArray(wildcard)
      ? Object.assign(new BareRecord(), params, { '*': wildcard.join('/') })
      : params;
  }

  /** Fastify itself notices them only when it writes the head, and then cannot answer at all. */
  dropInvalidHeaders(response: object): Error | undefined {
    if (!isFastifyReply(response)) return undefined;
    let fault: Error | undefined;
    for (const [name, value] of Object.entries(response.getHeaders())) {
      const headerFault = faultOfHeader(name, value);
      if (headerFault) response.removeHeader(name);
      fault ??= headerFault;
    }
    return fault;
  }

  /** Fastify's request has no reference to its reply. */
  releaseResponse(): void {}

  /** It would send the result of the handler's promise, and nothing would catch an exception then. */
  giveUpResponse(response: object): void {
    if (isFastifyReply(response)) response.hijack();
  }

  answerSwitching(response: object): boolean {
    if (isFastifyReply(response)) {
      if (this.answered.has(response)) return false;
      response.code(101).send();
    }
    return true;
  }

  /** If a hook of the application takes its time, nothing else in Fastify tells that an answer is on its way. */
  private watchAnswer(reply: FastifyReply): void {
    const send = reply.send.bind(reply);
    reply.send = (payload) => {
      this.answered.add(reply);
      return send(payload);
    };
  }

  /**
   * NestFactory registers Nest's middleware engine before any module exists, and Fastify offers no way to put a hook
   * before an earlier one.
   */
  private hookFirst(hook: CallbackHook): void {
    onRequestHooksOf(this.fastify)?.unshift(hook);
    this.assertFirst = () => {
      if (onRequestHooksOf(this.fastify)?.[0] === hook) return;
      throw new UnsupportedNestVersionException('the place of the first hook of Fastify');
    };
  }

  private register(
    hooks: PipelineHooks,
    entries: readonly RouteEntry[],
    versioning: VersioningOptions | undefined,
  ): void {
    const routes = new FastifyRoutes({
      adapter: this.adapter,
      versioning,
      constraint: { [CONSTRAINT]: UPGRADE },
      // Whatever it returns, the reply is sent by Fastify, or outside it.
      exit: (request, reply) => hooks.exit(request, reply, undefined)?.then(() => reply),
    });
    this.fastify.addHook('onRoute', (route) => routes.onRoute(route));
    routes.register(entries);
    this.routes = routes;
  }

  private async becomeReady(): Promise<void> {
    await this.fastify.ready();
    this.isReady = true;
  }
}

export function isFastifyApplication(instance: unknown): instance is FastifyApplication {
  return typeof instance === 'object' && instance !== null && 'addConstraintStrategy' in instance;
}

/** Nest's adapter reads paths for its middleware in the same way. */
function readAsRouter(
  path: string,
  { useSemicolonDelimiter, ignoreTrailingSlash }: FastifyApplication['initialConfig'],
): string {
  const end = useSemicolonDelimiter ? path.indexOf(';') : -1;
  const cut = end === -1 ? path : path.slice(0, end);
  const trimmed =
    ignoreTrailingSlash && cut.length > 1 && cut.endsWith('/') ? cut.slice(0, -1) : cut;
  return trimmed.includes('%') ? decodeURI(trimmed) : trimmed;
}

function faultOfHeader(name: string, value: OutgoingHttpHeaders[string]): Error | undefined {
  try {
    validateHeaderName(name);
    for (const single of [value].flat()) validateHeaderValue(name, String(single));
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new TypeError(`The header ${name} cannot be sent`);
  }
}

function onRequestHooksOf(fastify: object): unknown[] | undefined {
  const key = Object.getOwnPropertySymbols(fastify).find(
    ({ description }) => description === 'fastify.hooks',
  );
  const hooks: unknown = key && Reflect.get(fastify, key);
  const list: unknown =
    typeof hooks === 'object' && hooks !== null ? Reflect.get(hooks, 'onRequest') : undefined;
  return Array.isArray(list) ? list : undefined;
}

function createStorage(): object {
  const handlers = new Map<string, unknown>();
  return {
    get: (value: string) => handlers.get(value) ?? null,
    set: (value: string, handler: unknown) => handlers.set(value, handler),
  };
}

function isFastifyRequest(request: PlatformRequest): request is FastifyRequest {
  return 'routeOptions' in request && 'raw' in request;
}

function asFastify(request: PlatformRequest): Partial<FastifyRequest> {
  return request;
}

function isFastifyReply(response: object): response is FastifyReply {
  return 'code' in response && typeof response.code === 'function';
}
