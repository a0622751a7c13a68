import { Inject, Injectable, Logger } from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost, ModuleRef, ModulesContainer } from '@nestjs/core';
import { exploreGateways } from '../nest/gateway.explorer.js';
import { MODULE_OPTIONS_TOKEN } from '../options/revali-ws.module-definition.js';
import type { RevaliWsModuleOptions } from '../options/revali-ws.options.js';
import { resolveModuleOptions } from '../options/revali-ws.options.resolver.js';
import { gatewayOptionsOf } from './gateway.options.js';
import { RevaliWsAdapter } from './revali-ws.adapter.js';
import { loadSocketIoDefault } from './socket-io.default.js';

const PLAIN =
  'Gateways speak plain WebSocket. For socket.io, install @nestjs/platform-socket.io and call ' +
  'app.useWebSocketAdapter(new IoAdapter(app)).';
const SOCKET_IO =
  "Gateways speak socket.io, Nest's default if @nestjs/platform-socket.io is installed. For plain WebSocket, call " +
  'app.useWebSocketAdapter(app.get(RevaliWsAdapter)).';

/** Supplies gateways with an adapter if nobody else does. */
@Injectable()
export class GatewayInstallation {
  /** The log line for the adapter that gateways get automatically. */
  private lineFor: (adapter: object) => string | undefined = () => undefined;

  constructor(
    @Inject(MODULE_OPTIONS_TOKEN) private readonly options: RevaliWsModuleOptions,
    @Inject(ModuleRef) private readonly moduleRef: ModuleRef,
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
    @Inject(ApplicationConfig) private readonly config: ApplicationConfig,
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
  ) {}

  /**
   * Creates the adapter with the module's options. It is set if the application has set none and Nest would find none.
   * An adapter that the application sets later replaces it.
   *
   * @throws InvalidWebSocketOptionException
   */
  async install(): Promise<RevaliWsAdapter> {
    // Errors name the module.
    resolveModuleOptions(this.options);
    const adapter = new RevaliWsAdapter(this.moduleRef, gatewayOptionsOf(this.options));
    if (this.current) return adapter;
    const socketIo = this.hasGateways ? await loadSocketIoDefault() : undefined;
    if (socketIo) {
      this.lineFor = ({ constructor }) =>
        constructor === socketIo.IoAdapter ? SOCKET_IO : undefined;
    } else {
      this.config.setIoAdapter(adapter);
      this.lineFor = (current) => (current === adapter ? PLAIN : undefined);
    }
    return adapter;
  }

  /** Logs, once gateways have started, which adapter they got automatically, and how to use the other one. */
  announce(): void {
    const line = this.current && this.lineFor(this.current);
    if (line !== undefined && this.host.httpAdapter && this.hasGateways)
      new Logger('WebSocketGateways').log(line);
  }

  private get hasGateways(): boolean {
    return exploreGateways(this.modules).length > 0;
  }

  /** Nest's type says that there always is one. */
  private get current(): object | undefined {
    return this.config.getIoAdapter();
  }
}
