import {
  Inject,
  Module,
  type DynamicModule,
  type OnApplicationShutdown,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { ConnectionMetrics } from './connection/connection.metrics.js';
import { ConnectionRegistry } from './connection/connection.registry.js';
import { RouteList } from './discovery/route.list.js';
import { WebSocketRoutes } from './discovery/web-socket.routes.js';
import { GatewayInstallation } from './gateways/gateway.installation.js';
import { RevaliWsAdapter } from './gateways/revali-ws.adapter.js';
import { connectionProviders } from './handshake/connection.providers.js';
import { DeferredPipeline } from './handshake/handshake.pipeline.js';
import { HandshakeRegistry } from './handshake/handshake.registry.js';
import { AttachedServers, WebSocketServers } from './handshake/web-socket.servers.js';
import { ConnectionCounters } from './metrics/connection.counters.js';
import { RevaliWsMetrics } from './metrics/revali-ws.metrics.js';
import { APPLICATION_END } from './nest/application.end.js';
import { MiddlewareCoverage } from './nest/middleware.coverage.js';
import { ModuleDistance, placeModule } from './nest/module.order.js';
import { OptionsScope } from './options/options.scope.js';
import { ConfigurableModuleClass, MODULE_MARK } from './options/revali-ws.module-definition.js';
import type { RevaliWsModuleOptions } from './options/revali-ws.options.js';
import { optionsOf, type RevaliWsModuleAsyncOptions } from './options/revali-ws.options.factory.js';
import { HandshakeExitModule } from './platforms/express.exit.module.js';
import { RevaliWsBoot } from './revali-ws.boot.js';
import { PlainRooms } from './rooms/plain.rooms.js';
import { RoomHub } from './rooms/room.hub.js';
import { ROOM_SOURCE, Rooms } from './rooms/rooms.js';

/**
 * Serves the `@WebSocket()` routes of all controllers. Import it once, in the root module; you need neither an adapter
 * nor a list of providers. It also serves `@WebSocketGateway()` classes, see {@link RevaliWsAdapter}.
 */
@Module({
  imports: [HandshakeExitModule],
  providers: [
    ...connectionProviders,
    AttachedServers,
    ConnectionCounters,
    ConnectionRegistry,
    GatewayInstallation,
    HandshakeRegistry,
    OptionsScope,
    ConnectionMetrics,
    MiddlewareCoverage,
    DeferredPipeline,
    RevaliWsBoot,
    RouteList,
    RoomHub,
    { provide: ROOM_SOURCE, useExisting: RoomHub },
    { provide: Rooms, useClass: PlainRooms },
    { provide: APPLICATION_END, useExisting: RevaliWsBoot },
    { provide: RevaliWsMetrics, useExisting: ConnectionMetrics },
    { provide: WebSocketRoutes, useExisting: RouteList },
    { provide: WebSocketServers, useExisting: AttachedServers },
    {
      provide: RevaliWsAdapter,
      inject: [GatewayInstallation],
      useFactory: (installation: GatewayInstallation) => installation.install(),
    },
  ],
  exports: [
    ...connectionProviders.map(({ provide }) => provide),
    DeferredPipeline,
    RevaliWsAdapter,
    RevaliWsMetrics,
    ROOM_SOURCE,
    Rooms,
    WebSocketRoutes,
    WebSocketServers,
  ],
})
export class RevaliWsModule
  extends ConfigurableModuleClass
  implements OnModuleInit, OnModuleDestroy, OnApplicationShutdown
{
  /** @internal */
  static readonly [MODULE_MARK] = true;

  /** @internal */
  constructor(
    @Inject(ModulesContainer) modules: ModulesContainer,
    @Inject(RevaliWsBoot) private readonly boot: RevaliWsBoot,
    @Inject(RevaliWsAdapter) private readonly adapter: RevaliWsAdapter,
    @Inject(GatewayInstallation) private readonly gateways: GatewayInstallation,
  ) {
    super();
    placeModule(modules, RevaliWsModule, ModuleDistance.first);
  }

  /**
   * Creates the module with options.
   *
   * @param options See {@link RevaliWsModuleOptions}. An invalid option is refused at startup.
   */
  static override forRoot(options: RevaliWsModuleOptions = {}): DynamicModule {
    return super.forRoot(options);
  }

  /**
   * Creates the module with options from providers: `useFactory` with `inject`, or `useClass` or `useExisting` with a
   * {@link RevaliWsOptionsFactory}.
   */
  static override forRootAsync({
    useClass,
    useExisting,
    ...options
  }: RevaliWsModuleAsyncOptions): DynamicModule {
    const source = useClass ?? useExisting;
    if (!source) return super.forRootAsync(options);
    const definition = super.forRootAsync({ ...options, inject: [source], useFactory: optionsOf });
    if (!useClass) return definition;
    return { ...definition, providers: [...(definition.providers ?? []), useClass] };
  }

  /** @internal Called by Nest. */
  async onModuleInit(): Promise<void> {
    this.gateways.announce();
    await this.boot.start();
  }

  /** @internal Called by Nest. */
  async onModuleDestroy(): Promise<void> {
    await Promise.all([this.boot.stop(), this.adapter.shutDown()]);
  }

  /** @internal Called by Nest, once it has closed its server. */
  async onApplicationShutdown(): Promise<void> {
    await this.boot.end();
  }
}
