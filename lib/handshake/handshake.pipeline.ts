import {
  BadRequestException,
  ForbiddenException,
  NotFoundException,
  ServiceUnavailableException,
} from '@nestjs/common';
import type { GuardsConsumer } from '@nestjs/core/guards/guards-consumer.js';
import type { ConnectionRegistry } from '../connection/connection.registry.js';
import { ConnectionScope } from '../connection/connection.scope.js';
import { RegistryWatcher } from '../connection/connection.watcher.js';
import type { RouteDefinition } from '../discovery/route.definition.js';
import type { ControllerScope } from '../nest/controller.scope.js';
import type {
  HttpBoundary,
  PipelineHooks,
  PlatformRequest,
  RouteChoice,
} from '../platforms/http.platform.js';
import { readPath } from '../upgrade/request.path.js';
import type { BoundHandler, RouteBinding } from './served.route.js';
import type { RouteTable } from '../routing/route.table.js';
import { offeredProtocols } from '../upgrade/upgrade.request.js';
import { messageOf } from '../thrown.value.js';
import { Attempt, type AttemptDependencies } from './handshake.js';
import type { Handshake } from './upgrade.exchange.js';
import { OVER, type HandshakeRegistry } from './handshake.registry.js';
import { RETRY_AFTER } from '../upgrade/upgrade.response.js';
import { SharedTexts } from './shared.texts.js';
import type { RefusalLog } from '../upgrade/refusal.log.js';

export interface PipelineDependencies {
  readonly table: RouteTable;
  readonly bindings: ReadonlyMap<RouteDefinition, RouteBinding>;
  readonly boundary: HttpBoundary;
  readonly handshakes: HandshakeRegistry;
  readonly connections: ConnectionRegistry;
  readonly maxConnections: number | undefined;
  readonly scope: ControllerScope;
  readonly guards: GuardsConsumer;
  readonly refusalLog: RefusalLog;
}

type HandlerArgs = [request: object, response: object, next: unknown];

/** May this client in? Route, observers and origin before the middleware; guards after it; then the 101. */
export class HandshakePipeline implements PipelineHooks {
  /** Handshakes that have been let in and whose connection is not open yet. */
  private admitted = 0;

  private readonly uses: PipelineDependencies & AttemptDependencies;

  constructor(uses: PipelineDependencies) {
    this.uses = {
      ...uses,
      watcher: new RegistryWatcher(uses.connections),
      sharedTexts: new SharedTexts(),
    };
  }

  enter(request: PlatformRequest, response: object): ReturnType<PipelineHooks['enter']> {
    const handshake = this.handshakeOf(request);
    if (!handshake || handshake === OVER) return undefined;
    const chosen = this.choose(handshake, request);
    const binding = chosen && this.uses.bindings.get(chosen.candidate.route);
    // As a GET that finds no route, it meets the middleware before it is told so.
    if (!binding) return undefined;
    this.uses.boundary.setParams(request, chosen.candidate.params);
    if (chosen.hosts) Reflect.set(request, 'hosts', chosen.hosts);
    const attempt = new Attempt(handshake, binding, request, response, this.uses);
    handshake.attempt = attempt;
    attempt.announce();
    return this.checkOrigin(handshake, binding, request);
  }

  exit(request: PlatformRequest, response: object, next?: () => void): Promise<void> | undefined {
    const handshake = this.handshakeOf(request);
    if (!handshake) {
      next?.();
      return undefined;
    }
    if (handshake === OVER || !handshake.isPending) return undefined;
    const { attempt } = handshake;
    if (!attempt || !handshake.isUrlUnchanged) {
      throw refusalOf(handshake, `Cannot GET ${request.url}`);
    }
    if (attempt.isLeaving) return undefined;
    attempt.isLeaving = true;
    // Routers may have put their own parameters here on the way.
    this.uses.boundary.setParams(request, attempt.connection.params);
    const { shared, route } = attempt.binding;
    const args: HandlerArgs = [request, response, next];
    // Nothing to wait for: the connection opens in the turn in which its request was read.
    return shared && shared.guards.length === 0 && !route.options.protocols
      ? this.letIn(attempt, shared, args)
      : this.examine(attempt, args);
  }

  needsUpgrade(request: PlatformRequest): boolean {
    // The router of Fastify may not have found what the table has.
    if (this.handshakeOf(request)) return false;
    const method: unknown = Reflect.get(request, 'method');
    if (method !== 'GET' && method !== 'HEAD') return false;
    const path = readPath(request.url);
    return path !== undefined && this.uses.table.find(path).length > 0;
  }

  private handshakeOf(request: PlatformRequest): Handshake | typeof OVER | undefined {
    return this.uses.handshakes.of(this.uses.boundary.rawOf(request));
  }

  private choose(handshake: Handshake, request: PlatformRequest): RouteChoice | undefined {
    try {
      return this.uses.boundary.choose(request, handshake.candidates);
    } catch (error) {
      // An extractor of versions: over HTTP it is asked behind the middleware.
      handshake.error = error;
      return undefined;
    }
  }

  private checkOrigin(
    handshake: Handshake,
    { route, origins }: RouteBinding,
    request: PlatformRequest,
  ): Error | undefined | Promise<Error | undefined> {
    const refuse = (error: Error): Error => {
      handshake.error = error;
      return error;
    };
    const judge = (allowed: boolean): Error | undefined => {
      if (allowed) return undefined;
      this.uses.refusalLog.origin(handshake.request.headers.origin, route.where, origins);
      return refuse(new ForbiddenException('Origin is not allowed'));
    };
    // Always an error, whatever was thrown: platforms take `undefined` for a consent.
    const fail = (thrown: unknown): Error =>
      refuse(thrown instanceof Error ? thrown : new Error(messageOf(thrown)));
    try {
      const isAllowed = origins.allows(handshake.request, () =>
        this.uses.boundary.identity(request),
      );
      return typeof isAllowed === 'boolean'
        ? judge(isAllowed)
        : Promise.resolve(isAllowed).then(judge, fail);
    } catch (error) {
      return fail(error);
    }
  }

  /** Nothing is upgraded unless everything before the last line came to its end without an exception. */
  private async examine(attempt: Attempt, args: HandlerArgs): Promise<void> {
    let bound = attempt.binding.shared;
    try {
      bound ??= await this.bindScoped(attempt);
      await this.passGuards(bound, args);
      attempt.protocol = await this.negotiate(attempt);
    } catch (error) {
      await this.refuse(attempt, error, args, bound);
      return;
    }
    await this.letIn(attempt, bound, args);
  }

  /** @returns `undefined` where it has been done at once. */
  private letIn(
    attempt: Attempt,
    bound: BoundHandler,
    args: HandlerArgs,
  ): Promise<void> | undefined {
    const { handshake } = attempt;
    try {
      this.checkRoom(handshake);
      this.checkHeaders(args);
    } catch (error) {
      return this.refuse(attempt, error, args, bound);
    }
    if (!handshake.isPending) return undefined;
    const onFault = (error: unknown): Promise<void> | undefined =>
      handshake.isPending ? this.refuse(attempt, error, args, bound) : attempt.fail(error);
    try {
      const accepting = attempt.accept(new ConnectionScope(bound));
      if (!accepting) return undefined;
      this.admitted += 1;
      return accepting.finally(() => (this.admitted -= 1)).catch(onFault);
    } catch (error) {
      return onFault(error);
    }
  }

  private async refuse(
    attempt: Attempt,
    error: unknown,
    args: HandlerArgs,
    bound: BoundHandler | undefined,
  ): Promise<void> {
    const { handshake, binding } = attempt;
    const [, response] = args;
    handshake.error = this.uses.boundary.dropInvalidHeaders(response) ?? error;
    if (!handshake.isPending) return;
    if (handshake.hasLostResponse) return attempt.fail(error);
    try {
      await (bound ?? binding).exceptions.answer(handshake.error, args);
    } catch (failed) {
      handshake.error = failed;
      attempt.fail(failed);
    }
  }

  private async bindScoped({ binding, request }: Attempt): Promise<BoundHandler> {
    const { wrapper, module } = binding.route;
    return binding.bind(await this.uses.scope.forRequest(wrapper, module, request));
  }

  private async passGuards(
    { guards, instance, callback }: BoundHandler,
    args: HandlerArgs,
  ): Promise<void> {
    const isAllowed = await this.uses.guards.tryActivate(guards, args, instance, callback, 'http');
    if (!isAllowed) throw new ForbiddenException('Forbidden resource');
  }

  private async negotiate({ handshake, binding }: Attempt): Promise<string | undefined> {
    const { protocols } = binding.route.options;
    if (!protocols) return undefined;
    const offered = offeredProtocols(handshake.request);
    const chosen = (await protocols.choose(offered, handshake.request)) || undefined;
    // RFC 6455 section 4.2.2: the server may only choose what the client offered.
    if (chosen !== undefined && offered.includes(chosen)) return chosen;
    if (protocols.required)
      throw new BadRequestException('None of the offered subprotocols is supported');
    return undefined;
  }

  /** Guards may have copied something of the request into a header. */
  private checkHeaders([, response]: HandlerArgs): void {
    const fault = this.uses.boundary.dropInvalidHeaders(response);
    if (fault) throw fault;
  }

  private checkRoom({ response }: Handshake): void {
    const { connections, maxConnections } = this.uses;
    if (maxConnections !== undefined && connections.size + this.admitted >= maxConnections) {
      if (!response.headersSent) response.setHeader('Retry-After', RETRY_AFTER);
      throw new ServiceUnavailableException('Too many connections');
    }
  }
}

/** Where no route is there for the upgrade, or none could be chosen. */
function refusalOf(handshake: Handshake, message: string): Error {
  const { error = new NotFoundException(message) } = handshake;
  handshake.error = error;
  return error instanceof Error ? error : new Error(messageOf(error));
}
