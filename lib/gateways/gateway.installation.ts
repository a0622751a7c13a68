import { Logger } from '@nestjs/common';
import type { ApplicationConfig, ModuleRef } from '@nestjs/core';
import { RevaliWsAdapter } from '../revali-ws.adapter.js';
import type { RevaliWsModuleOptions } from '../revali-ws.options.js';
import { resolveModuleOptions } from '../revali-ws.options.resolver.js';
import { gatewayOptionsOf, type GatewayOptions } from './gateway.options.js';
import type { GatewayServer } from './gateway.server.js';

/** The adapter that the module sets. It says so when there are gateways: with socket.io installed, Nest would have taken that. */
class DefaultAdapter extends RevaliWsAdapter {
  private hasLogged = false;

  override create(port: number, options?: GatewayOptions): GatewayServer {
    if (!this.hasLogged) {
      new Logger('WebSocketGateways').log(
        'Gateways speak plain WebSocket. For socket.io, call app.useWebSocketAdapter(new IoAdapter(app)).',
      );
    }
    this.hasLogged = true;
    return super.create(port, options);
  }
}

/**
 * Sets an adapter with the module's options, where there is none. One that the application sets later takes its place.
 *
 * @throws InvalidWebSocketOptionException
 */
export function installAdapter(
  options: RevaliWsModuleOptions,
  moduleRef: ModuleRef,
  config: ApplicationConfig,
): RevaliWsAdapter {
  // Refused in the name of the module.
  resolveModuleOptions(options);
  const adapter = new DefaultAdapter(moduleRef, gatewayOptionsOf(options));
  // Nest's typing knows of none without.
  const present: object | undefined = config.getIoAdapter();
  if (!present) config.setIoAdapter(adapter);
  return adapter;
}
