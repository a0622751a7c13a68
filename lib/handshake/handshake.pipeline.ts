import { BadRequestException, Injectable, NotFoundException } from '@nestjs/common';
import { ConnectionContext } from '../connection/connection.context.js';
import type { ConnectionRegistry } from '../connection/connection.registry.js';
import { RegistryWatcher } from '../connection/connection.watcher.js';
import type { RouteDefinition } from '../discovery/route.definition.js';
import {
  BrokerUnavailableException,
  RoomAuthorizationTimeoutException,
} from '../errors/room.exceptions.js';
import { messageOf } from '../log/error.text.js';
import type { ControllerScope } from '../nest/controller.scope.js';
import type { Enhancers } from '../nest/enhancers.js';
import type { HandlerArgs } from '../nest/handshake.exceptions.js';
import { isCallProtocol, offerFor, routeProtocolsOf } from '../options/call.protocol.js';
import type { PipelineHooks, PlatformRequest, RouteChoice } from '../platforms/http.platform.js';
import { tooManyConnections } from '../upgrade/refusals.js';
import { readPath } from '../upgrade/request.path.js';
import { offeredProtocols } from '../upgrade/upgrade.request.js';
import { Handshake, type HandshakeDependencies } from './handshake.js';
import { OVER, type HandshakeRegistry } from './handshake.registry.js';
import type { RouteUpgradesDependencies } from './route.upgrades.js';
import type { BoundHandler, ServedRoute } from './served.route.js';
import { SharedTexts } from './shared.texts.js';
import type { UpgradeExchange } from './upgrade.exchange.js';

/** Seconds after which a broker may be back. */
const RETRY_AFTER = 5;

export interface PipelineDependencies extends RouteUpgradesDependencies {
  readonly served: ReadonlyMap<RouteDefinition, ServedRoute>;
  readonly connections: ConnectionRegistry;
  readonly scope: ControllerScope;
  readonly enhancers: Enhancers;
}

/**
 * Decides whether a client may enter: route, observers, and origin before the middleware; guards after it; then the
 * 101.
 */
export class HandshakePipeline implements PipelineHooks {
  /** Handshakes that have been let in but whose connections are not open yet. */
  private entering = 0;
  private readonly deps: PipelineDependencies & HandshakeDependencies;

  constructor(deps: PipelineDependencies) {
    this.deps = {
      ...deps,
      watcher: new RegistryWatcher(deps.connections),
      sharedTexts: new SharedTexts(),
    };
  }

  enter(request: PlatformRequest, response: object): ReturnType<PipelineHooks['enter']> {
    const exchange = this.exchangeOf(request);
    if (!exchange || exchange === OVER) return undefined;
    const chosen = this.choose(exchange, request);
    const served = chosen && this.deps.served.get(chosen.candidate.route);
    // Like a GET without a route, it passes the middleware before it is refused.
    if (!served) return undefined;
    this.deps.platform.setParams(request, chosen.candidate.params);
    if (chosen.hosts) Reflect.set(request, 'hosts', chosen.hosts);
    const handshake = new Handshake(exchange, served, request, response, this.deps);
    this.deps.handshakes.add(handshake);
    handshake.announce();
    return this.checkOrigin(exchange, served, request);
  }

  exit(request: PlatformRequest, response: object, next?: () => void): Promise<void> | undefined {
    const exchange = this.exchangeOf(request);
    if (!exchange) {
      next?.();
      return undefined;
    }
    if (exchange === OVER || !exchange.isPending) return undefined;
    const handshake = this.deps.handshakes.handshakeOf(exchange);
    if (!handshake || !exchange.isUrlUnchanged)
      throw refusalOf(exchange, `Cannot GET ${request.url}`);
    if (handshake.isLeaving) return undefined;
    handshake.isLeaving = true;
    // Routers may have replaced the parameters on the way.
    this.deps.platform.setParams(request, handshake.connection.params);
    const { shared, route, joins } = handshake.served;
    const args: HandlerArgs = [request, response, next];
    const { protocols, expires } = route.options;
    if (!protocols) handshake.protocol = offerFor(offeredProtocols(exchange.request), undefined);
    return shared && shared.guards.length === 0 && !expires && !protocols && !joins
      ? this.letInSoon(handshake, shared, args)
      : this.examine(handshake, args);
  }

  needsUpgrade(request: PlatformRequest): boolean {
    // Fastify's router may not have found what the table has.
    if (this.exchangeOf(request)) return false;
    const method: unknown = Reflect.get(request, 'method');
    if (method !== 'GET' && method !== 'HEAD') return false;
    const path = readPath(request.url);
    return path !== undefined && this.deps.table.find(path).length > 0;
  }

  private exchangeOf(request: PlatformRequest): ReturnType<HandshakeRegistry['of']> {
    return this.deps.handshakes.of(this.deps.platform.rawOf(request));
  }

  private choose(exchange: UpgradeExchange, request: PlatformRequest): RouteChoice | undefined {
    try {
      return this.deps.platform.choose(request, exchange.candidates);
    } catch (error) {
      // A version extractor threw: over HTTP it runs after the middleware.
      exchange.error = error;
      return undefined;
    }
  }

  private checkOrigin(
    exchange: UpgradeExchange,
    { origins }: ServedRoute,
    request: PlatformRequest,
  ): Error | undefined | Promise<Error | undefined> {
    const refuse = (error: Error | undefined): Error | undefined => {
      if (error) exchange.error = error;
      return error;
    };
    // Always an error, whatever was thrown: platforms take `undefined` as success.
    const fail = (thrown: unknown): Error | undefined =>
      refuse(thrown instanceof Error ? thrown : new Error(messageOf(thrown)));
    try {
      const refusal = origins.refusalOf(exchange.request, () =>
        this.deps.platform.identity(request),
      );
      return refusal instanceof Promise ? refusal.then(refuse, fail) : refuse(refusal);
    } catch (error) {
      return fail(error);
    }
  }

  /** The upgrade happens in the last line, so any exception before it prevents the upgrade. */
  private async examine(handshake: Handshake, args: HandlerArgs): Promise<void> {
    const { served } = handshake;
    let bound = served.shared;
    try {
      bound ??= await this.bindScoped(handshake);
      await this.deps.enhancers.pass(bound, args);
      served.expiry.pass(handshake.connection);
      if (served.route.options.protocols) handshake.protocol = await this.negotiate(handshake);
      const takesHeaders = isCallProtocol(handshake.protocol ?? '');
      await served.joins?.reserve(handshake.connection.lend(), takesHeaders);
    } catch (error) {
      await this.refuse(handshake, error, args, bound);
      return;
    }
    await this.letIn(handshake, bound, args);
  }

  /** For handshakes with nothing to await. Middleware that throws after its `next()` has done so by then. */
  private async letInSoon(
    handshake: Handshake,
    bound: BoundHandler,
    args: HandlerArgs,
  ): Promise<void> {
    await Promise.resolve();
    await this.letIn(handshake, bound, args);
  }

  /** @returns `undefined` if it was done at once. */
  private letIn(
    handshake: Handshake,
    bound: BoundHandler,
    args: HandlerArgs,
  ): Promise<void> | undefined {
    const { exchange } = handshake;
    try {
      this.checkRoom(exchange);
      this.checkHeaders(args);
    } catch (error) {
      return this.refuse(handshake, error, args, bound);
    }
    if (!exchange.isPending) return undefined;
    const onFault = (error: unknown): Promise<void> | undefined =>
      exchange.isPending ? this.refuse(handshake, error, args, bound) : handshake.fail(error);
    try {
      const accepting = handshake.accept(new ConnectionContext(bound));
      if (!accepting) return undefined;
      this.entering += 1;
      return accepting.finally(() => (this.entering -= 1)).catch(onFault);
    } catch (error) {
      return onFault(error);
    }
  }

  private async refuse(
    handshake: Handshake,
    error: unknown,
    args: HandlerArgs,
    bound: BoundHandler | undefined,
  ): Promise<void> {
    const { exchange, served } = handshake;
    const [, response] = args;
    const isLate = error instanceof RoomAuthorizationTimeoutException;
    if ((isLate || error instanceof BrokerUnavailableException) && !exchange.response.headersSent)
      exchange.response.setHeader('Retry-After', RETRY_AFTER);
    exchange.error = this.deps.platform.dropInvalidHeaders(response) ?? error;
    if (!exchange.isPending) return;
    if (exchange.hasLostResponse) return handshake.fail(error);
    try {
      await (bound ?? served).exceptions.answer(exchange.error, args);
    } catch (failed) {
      exchange.error = failed;
      handshake.fail(failed);
    }
  }

  private async bindScoped({ served, request }: Handshake): Promise<BoundHandler> {
    const { wrapper, module } = served.route;
    return served.bind(await this.deps.scope.forRequest(wrapper, module, request));
  }

  private async negotiate({ exchange, served }: Handshake): Promise<string | undefined> {
    const { protocols } = served.route.options;
    if (!protocols) return undefined;
    const offered = offeredProtocols(exchange.request);
    const own = routeProtocolsOf(offered);
    const chosen = (await protocols.choose(own, exchange.request)) || undefined;
    // RFC 6455 section 4.2.2: the server may only choose what the client offered.
    const isOffered = chosen !== undefined && own.includes(chosen);
    if (!isOffered && protocols.required)
      throw new BadRequestException('None of the offered subprotocols is supported');
    return offerFor(offered, isOffered ? chosen : undefined);
  }

  /** Guards may have copied a part of the request into a header. */
  private checkHeaders([, response]: HandlerArgs): void {
    const fault = this.deps.platform.dropInvalidHeaders(response);
    if (fault) throw fault;
  }

  /** Checked again, because the middleware and the guards took their time. */
  private checkRoom({ response }: UpgradeExchange): void {
    if (this.deps.admission.hasRoom(this.entering)) return;
    const { exception, headers } = tooManyConnections();
    if (!response.headersSent)
      for (const [name, value] of Object.entries(headers ?? {})) response.setHeader(name, value);
    throw exception;
  }
}

/** For an upgrade without a route, or for which none could be chosen. */
function refusalOf(exchange: UpgradeExchange, message: string): Error {
  const { error = new NotFoundException(message) } = exchange;
  exchange.error = error;
  return error instanceof Error ? error : new Error(messageOf(error));
}

/** The hooks are installed before routes are known; until the pipeline is connected, no upgrade is accepted at all. */
@Injectable()
export class DeferredPipeline implements PipelineHooks {
  private pipeline: PipelineHooks | undefined;

  connect(pipeline: PipelineHooks): void {
    this.pipeline = pipeline;
  }

  enter(request: PlatformRequest, response: object): ReturnType<PipelineHooks['enter']> {
    return this.pipeline?.enter(request, response);
  }

  exit(request: PlatformRequest, response: object, next?: () => void): Promise<void> | undefined {
    if (this.pipeline) return this.pipeline.exit(request, response, next);
    next?.();
    return undefined;
  }

  needsUpgrade(request: PlatformRequest): boolean {
    return this.pipeline?.needsUpgrade(request) ?? false;
  }
}
