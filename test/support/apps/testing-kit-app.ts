import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { RevaliWsModule } from 'nestjs-revali-ws';

import type { AppSetup as Setup } from './app-factory.js';
import { within } from '../deadline.js';
import { platforms, type Platform } from './platforms.js';
import { RecordingLogger } from '../records/recording-logger.js';

const opened = new Set<INestApplication>();

/** A platform, with or without a port: the testing kit must not show the difference. */
export interface Reach extends Platform {
  readonly label: string;
  readonly hasPort: boolean;
}

/** `describe.each(reaches)('… on $label', (reach) => …)` */
export const reaches: readonly Reach[] = platforms.flatMap((platform) => [
  { ...platform, label: `${platform.name} without a port`, hasPort: false },
  { ...platform, label: `${platform.name} that listens`, hasPort: true },
]);

export interface AppSetup extends Setup {
  /** False: without `app.init()`. */
  isInitialised?: boolean;
}

export const withoutPort = reaches.filter(({ hasPort }) => !hasPort);

/** An application as a user's own spec sets it up, with nothing of this repository's kit around it. */
export async function openApp(reach: Reach, setup: AppSetup): Promise<INestApplication> {
  const { imports = [], controllers = [], providers = [], forRoot, overrides, configure } = setup;
  const builder = Test.createTestingModule({
    imports: [RevaliWsModule.forRoot(forRoot), ...imports],
    controllers,
    providers,
  }).setLogger(new RecordingLogger());
  const compiled = await (overrides?.(builder) ?? builder).compile();
  const app = compiled.createNestApplication(reach.createAdapter(), setup.appOptions);
  opened.add(app);
  await configure?.(app);
  if (setup.isInitialised === false) return app;
  await app.init();
  if (reach.hasPort) await app.listen(0, '127.0.0.1');
  return app;
}

/** For `afterEach`. */
export async function closeOpenedApps(): Promise<void> {
  const apps = [...opened];
  opened.clear();
  await within(Promise.all(apps.map((app) => app.close())), 'app.close()', 6000);
}
