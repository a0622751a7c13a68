import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { RevaliWsModule } from 'nestjs-revali-ws';

import { choosePlainGateways, type AppSetup } from './app-factory.js';
import type { Platform } from './platforms.js';
import { RecordingLogger } from '../records/recording-logger.js';
import { RunningApp } from './running-app.js';

export type FactorySetup = Pick<
  AppSetup,
  | 'imports'
  | 'controllers'
  | 'providers'
  | 'module'
  | 'forRoot'
  | 'configure'
  | 'leaveGateways'
  | 'adapter'
  | 'appOptions'
>;

/** Builds the app as a `main.ts` does, with `NestFactory`; `module` is then its root. */
export async function createApp(platform: Platform, setup: FactorySetup): Promise<RunningApp> {
  const { imports = [], controllers = [], providers = [], module } = setup;
  @Module({
    imports: [RevaliWsModule.forRoot(setup.forRoot), ...imports],
    controllers,
    providers,
  })
  class RootModule {}
  const logs = new RecordingLogger();
  const adapter = setup.adapter ?? platform.createAdapter();
  const options = { ...setup.appOptions, logger: logs, abortOnError: false };
  const app = await NestFactory.create(module ?? RootModule, adapter, options);
  await setup.configure?.(app);
  if (!module && !setup.leaveGateways) choosePlainGateways(app);
  await app.listen(0, '127.0.0.1');
  return new RunningApp(app, logs);
}
