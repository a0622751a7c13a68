import { Inject, Injectable, Logger, type HttpServer } from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost, ModuleRef, ModulesContainer } from '@nestjs/core';
import type { Server } from 'node:net';
import { ConnectionRegistry } from './connection/connection.registry.js';
import { RoomKinds } from './discovery/rooms.explorer.js';
import { RouteMetadataAccessor } from './discovery/route-metadata.accessor.js';
import type { RouteDefinition } from './discovery/route.definition.js';
import { RouteExplorer } from './discovery/route.explorer.js';
import { RouteList } from './discovery/route.list.js';
import { inRegistrationOrder } from './discovery/route.order.js';
import {
  DuplicateRevaliWsModuleException,
  UnsupportedHttpAdapterException,
  type ForeignPath,
} from './errors/revali-ws.exceptions.js';
import { gatewayConflicts, refuseConflict } from './gateways/path.conflicts.js';
import { DeferredPipeline, HandshakePipeline } from './handshake/handshake.pipeline.js';
import { HandshakeRegistry } from './handshake/handshake.registry.js';
import { RouteBinder } from './handshake/route.binder.js';
import {
  RouteUpgrades,
  type RouteAdmission,
  type RouteUpgradesDependencies,
} from './handshake/route.upgrades.js';
import type { ServedRoute } from './handshake/served.route.js';
import { AttachedServers } from './handshake/web-socket.servers.js';
import { CallTracker } from './message/call.tracker.js';
import { ConnectionCounters } from './metrics/connection.counters.js';
import type { ApplicationEnd } from './nest/application.end.js';
import { isClass } from './nest/class.reference.js';
import { ControllerScope } from './nest/controller.scope.js';
import { Enhancers } from './nest/enhancers.js';
import { exploreGateways } from './nest/gateway.explorer.js';
import { MiddlewareCoverage } from './nest/middleware.coverage.js';
import { containerOf } from './nest/nest.container.js';
import { showInGraph } from './nest/route.graph.js';
import { RoutePaths } from './nest/route.paths.js';
import { inOrderOfStrategy } from './nest/route.strategy.js';
import { ObserverFactory, type ObserverProvider } from './observers/observer.factory.js';
import { MODULE_MARK, MODULE_OPTIONS_TOKEN } from './options/revali-ws.module-definition.js';
import type { RevaliWsModuleOptions } from './options/revali-ws.options.js';
import {
  resolveModuleOptions,
  type ResolvedModuleOptions,
} from './options/revali-ws.options.resolver.js';
import { ExpressPlatform, isExpressApplication } from './platforms/express.platform.js';
import { FastifyPlatform, isFastifyApplication } from './platforms/fastify.platform.js';
import type { HttpPlatform } from './platforms/http.platform.js';
import { PlainRooms } from './rooms/plain.rooms.js';
import { RoomHub } from './rooms/room.hub.js';
import { logRoutes } from './routing/route.log.js';
import { RouteTable } from './routing/route.table.js';
import { Admission } from './upgrade/admission.js';
import { closeRefusalFor } from './upgrade/close.refusal.js';
import { Refusals } from './upgrade/refusals.js';
import { assertSocketParts } from './ws/socket.probe.js';

/** The part of the HTTP adapter that Nest leaves untyped. */
interface ServerHolder {
  getHttpServer(): Server;
}

/** Discover, bind, listen, and finally drain. This file defines the order of these steps and nothing else. */
@Injectable()
export class RevaliWsBoot implements ApplicationEnd {
  isOver = false;
  private readonly options: ResolvedModuleOptions;
  private platform: HttpPlatform | undefined;
  private admission: RouteAdmission | undefined;
  private readonly calls = new CallTracker();

  constructor(
    @Inject(MODULE_OPTIONS_TOKEN) options: RevaliWsModuleOptions,
    @Inject(ModuleRef) private readonly moduleRef: ModuleRef,
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
    @Inject(ApplicationConfig) private readonly config: ApplicationConfig,
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
    @Inject(DeferredPipeline) private readonly pipeline: DeferredPipeline,
    @Inject(HandshakeRegistry) private readonly handshakes: HandshakeRegistry,
    @Inject(ConnectionRegistry) private readonly connections: ConnectionRegistry,
    @Inject(AttachedServers) private readonly servers: AttachedServers,
    @Inject(ConnectionCounters) private readonly counters: ConnectionCounters,
    @Inject(MiddlewareCoverage) private readonly coverage: MiddlewareCoverage,
    @Inject(RouteList) private readonly routes: RouteList,
    @Inject(RoomHub) private readonly hub: RoomHub,
  ) {
    this.options = resolveModuleOptions(options);
    this.refuseSecondModule();
    this.enterPipelineFirst();
  }

  /** Runs when all HTTP routes are registered and no request has come yet. */
  async start(): Promise<void> {
    const { platform } = this;
    const httpAdapter = this.host.httpAdapter;
    const paths = new RoutePaths(this.config, this.modules);
    const routes = new RouteExplorer(this.modules, paths, this.options).explore();
    const kinds = new RoomKinds(this.modules);
    for (const rooms of kinds.all()) if (!(rooms instanceof PlainRooms)) this.hub.kinds.of(rooms);
    await this.hub.start();
    if (!httpAdapter || (routes.length === 0 && !platform)) return this.routes.publish(routes);
    if (!platform) throw new UnsupportedHttpAdapterException(httpAdapter.getType());
    this.coverage.assertInstalled();
    assertSocketParts();
    const entries = await inOrderOfStrategy(inRegistrationOrder(routes), this.config, httpAdapter);
    const table = new RouteTable(routes, platform.matching, entries);
    // Paths are parsed first: the exception for an invalid path names its route.
    this.routes.publish(routes);
    this.refuseConflicts(table, routes, platform);
    const { handshakes, counters } = this;
    const admission = this.createAdmission();
    const shared = { table, platform, admission, handshakes, counters };
    const pipeline = await this.createPipeline(routes, shared, httpAdapter, kinds);
    platform.complete(this.pipeline, entries, this.config.getVersioning());
    this.pipeline.connect(pipeline);
    this.listen(shared, httpAdapter);
    showInGraph(containerOf(this.moduleRef), routes, paths.versioning);
    logRoutes(new Logger('WebSocketRoutes'), routes);
  }

  /** Refuses new upgrades, and lets connections finish. */
  async stop(): Promise<void> {
    const { admission } = this;
    if (!admission) return;
    admission.drain();
    await this.hub.leave();
    const { closed, finished, aborted, forced } = await this.connections.shutDown(
      this.options.shutdownTimeout,
      this.options.rooms.shutdownSpread,
    );
    admission.refuseAllUnclaimed();
    const refused = admission.refusedByDrain;
    if (closed + forced + refused === 0) return;
    new Logger('WebSocketShutdown').log(
      `Connections: ${closed} closed, ${forced} forced. Calls: ${finished} finished, ${aborted} aborted. ` +
        `Handshakes: ${refused} refused.`,
    );
  }

  /** Runs once the server is closed: until then upgrades were refused. */
  async end(): Promise<void> {
    this.isOver = true;
    this.admission?.release();
    await this.hub.close();
    this.calls.close();
  }

  /** Runs before a second module touches the HTTP adapter. */
  private refuseSecondModule(): void {
    const own = [...this.modules.values()].filter(({ metatype }) => MODULE_MARK in metatype);
    if (own.length > 1) throw new DuplicateRevaliWsModuleException();
  }

  /** The adapter exists at once with NestFactory, but later with Test.createTestingModule. */
  private enterPipelineFirst(): void {
    const install = (): void => {
      const { httpAdapter } = this.host;
      if (!httpAdapter || this.platform) return;
      this.platform = createPlatform(httpAdapter, this.handshakes);
      if (!this.platform) return;
      this.platform.install(this.pipeline);
      this.coverage.install(httpAdapter, pathsOf);
    };
    if (this.host.httpAdapter) install();
    else this.host.init$.subscribe(install);
  }

  /** If a path has two owners, one of them never sees a client. */
  private refuseConflicts(
    table: RouteTable,
    routes: readonly RouteDefinition[],
    platform: HttpPlatform,
  ): void {
    const refuse = (foreign: ForeignPath): void => refuseConflict(foreign, table, routes);
    // Nest creates the adapter with the first gateway, but its type says that there always is one.
    const adapter: object | undefined = this.config.getIoAdapter();
    if (adapter) gatewayConflicts(exploreGateways(this.modules), adapter).forEach(refuse);
    platform.eachForeignPath(refuse);
  }

  private async createPipeline(
    routes: readonly RouteDefinition[],
    shared: RouteUpgradesDependencies,
    httpAdapter: HttpServer,
    kinds: RoomKinds,
  ): Promise<HandshakePipeline> {
    const container = containerOf(this.moduleRef);
    const enhancers = new Enhancers(container, this.config, httpAdapter);
    const scope = new ControllerScope(container);
    const observers = new ObserverFactory();
    const binder = new RouteBinder({
      config: this.config,
      httpAdapter,
      enhancers,
      scope,
      observers,
      counters: this.counters,
      globalObservers: await this.createGlobalObservers(observers),
      options: this.options,
      hub: this.hub,
      kinds,
      calls: this.calls,
    });
    const served = new Map<RouteDefinition, ServedRoute>();
    for (const bound of await Promise.all(routes.map((route) => binder.bind(route)))) {
      served.set(bound.route, bound);
    }
    return new HandshakePipeline({
      ...shared,
      connections: this.connections,
      served,
      scope,
      enhancers,
    });
  }

  private createAdmission(): RouteAdmission {
    const refusals = new Refusals(this.counters, closeRefusalFor(this.options));
    return new Admission(this.options, refusals, () => this.connections.size);
  }

  /** A class that a module provides is taken from there; any other is created here. */
  private createGlobalObservers(factory: ObserverFactory): Promise<ObserverProvider[]> {
    const modules = [...this.modules.values()];
    const own = modules.find(({ providers }) => providers.has(RevaliWsBoot));
    return Promise.all(
      this.options.observers.flatMap((reference) => {
        const module =
          modules.find(({ providers }) => isClass(reference) && providers.has(reference)) ?? own;
        return module ? [factory.provide(reference, module)] : [];
      }),
    );
  }

  private listen(shared: RouteUpgradesDependencies, httpAdapter: ServerHolder): void {
    const upgrades = new RouteUpgrades(shared);
    const attach = (server: Server): (() => void) => {
      const listener = shared.admission.listen(server, upgrades);
      return () => listener.release();
    };
    this.admission = shared.admission;
    this.servers.connect(attach);
    attach(httpAdapter.getHttpServer());
  }
}

function createPlatform(
  adapter: HttpServer,
  handshakes: HandshakeRegistry,
): HttpPlatform | undefined {
  const instance: unknown = adapter.getInstance();
  if (isExpressApplication(instance)) return new ExpressPlatform(instance, adapter);
  if (isFastifyApplication(instance)) {
    return new FastifyPlatform(
      instance,
      adapter,
      (request) => handshakes.of(request) !== undefined,
    );
  }
  return undefined;
}

/** The paths of each `@WebSocket()` of a method, or of a `@WebSocketController`. */
function pathsOf(target: unknown): (readonly string[])[] {
  if (typeof target === 'function' && RouteMetadataAccessor.messageControllerOf(target))
    return [['/']];
  const routes = RouteMetadataAccessor.routesOf(target);
  return routes.map((route) => RouteMetadataAccessor.methodPathsOf(route));
}
