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
  "Gateways speak socket.io, Nest's default where @nestjs/platform-socket.io is installed. For plain WebSocket, call " +
  'app.useWebSocketAdapter(app.get(RevaliWsAdapter)).';

/** Gives gateways an adapter where nobody else does. */
@Injectable()
export class GatewayInstallation {
  /** For the adapter that gateways get without asking. */
  private lineFor: (adapter: object) => string | undefined = () => undefined;

  constructor(
    @Inject(MODULE_OPTIONS_TOKEN) private readonly options: RevaliWsModuleOptions,
    @Inject(ModuleRef) private readonly moduleRef: ModuleRef,
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
    @Inject(ApplicationConfig) private readonly config: ApplicationConfig,
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
  ) {}

  /**
   * Makes the adapter with the module's options, and sets it where the application has set none and Nest would find
   * none. One that the application sets later takes its place.
   *
   * @throws InvalidWebSocketOptionException
   */
  async install(): Promise<RevaliWsAdapter> {
    // Refused in the name of the module.
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

  /** Once gateways have started: which adapter they got without asking, and how to have the other one. */
  announce(): void {
    const line = this.current && this.lineFor(this.current);
    if (line !== undefined && this.host.httpAdapter && this.hasGateways)
      new Logger('WebSocketGateways').log(line);
  }

  private get hasGateways(): boolean {
    return exploreGateways(this.modules).length > 0;
  }

  /** Nest's typing knows of none without. */
  private get current(): object | undefined {
    return this.config.getIoAdapter();
  }
}
