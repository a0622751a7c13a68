import type {
  INestApplication,
  LoggerService,
  ModuleMetadata,
  NestApplicationOptions,
  Type,
} from '@nestjs/common';
import { ApplicationConfig, type AbstractHttpAdapter } from '@nestjs/core';
import { Test, type TestingModuleBuilder } from '@nestjs/testing';
import { RevaliWsAdapter, RevaliWsModule, type RevaliWsModuleOptions } from 'nestjs-revali-ws';

import type { Platform } from './platforms.js';
import { RecordingLogger } from '../records/recording-logger.js';
import { RunningApp } from './running-app.js';

export interface AppSetup extends Pick<ModuleMetadata, 'imports' | 'controllers' | 'providers'> {
  /** A whole module, imported beside the rest. */
  module?: Type<unknown>;
  forRoot?: RevaliWsModuleOptions;
  /** For a module that brings `forRoot` or `forRootAsync` itself, or an app without the library. */
  withoutRevaliWs?: boolean;
  /** Runs before `init()`. */
  configure?: (app: INestApplication) => void | Promise<void>;
  overrides?: (builder: TestingModuleBuilder) => TestingModuleBuilder;
  /** Leaves it to Nest and the module which adapter gateways get. Else it is the module's, if `configure` sets none. */
  leaveGateways?: boolean;
  /** In place of the platform's own. */
  adapter?: AbstractHttpAdapter;
  appOptions?: Omit<NestApplicationOptions, 'logger'>;
  /** In place of the recording one; `logs` then stays empty. */
  logger?: LoggerService;
}

/** Builds the app as a user's e2e test would, and listens on a free port of 127.0.0.1. */
export async function startApp(platform: Platform, setup: AppSetup = {}): Promise<RunningApp> {
  const logs = new RecordingLogger();
  const logger = setup.logger ?? logs;
  const adapter = setup.adapter ?? platform.createAdapter();
  const compiled = await moduleBuilder(setup).setLogger(logger).compile();
  const app = compiled.createNestApplication(adapter, { ...setup.appOptions, logger });
  try {
    await setup.configure?.(app);
    if (!setup.withoutRevaliWs && !setup.leaveGateways) choosePlainGateways(app);
    await app.listen(0, '127.0.0.1');
    return new RunningApp(app, logs, platform.createLine);
  } catch (error) {
    // The reason why it did not start is what the test asks for, not the trouble it has closing.
    await app.close().catch(() => undefined);
    throw error;
  }
}

/** socket.io is installed here, and would be Nest's default. */
export function choosePlainGateways(app: INestApplication): void {
  const present: object | undefined = app.get(ApplicationConfig).getIoAdapter();
  if (!present) app.useWebSocketAdapter(app.get(RevaliWsAdapter));
}

function moduleBuilder(setup: AppSetup): TestingModuleBuilder {
  const { imports = [], controllers = [], providers = [], module } = setup;
  const builder = Test.createTestingModule({
    imports: [
      ...(setup.withoutRevaliWs ? [] : [RevaliWsModule.forRoot(setup.forRoot)]),
      ...(module ? [module] : []),
      ...imports,
    ],
    controllers,
    providers,
  });
  return setup.overrides?.(builder) ?? builder;
}
