import type { Type } from '@nestjs/common';

import { startApp, type AppSetup } from '../support/apps/app-factory.js';
import { platforms, type Platform } from '../support/apps/platforms.js';
import { closeAllApps, type RunningApp } from '../support/apps/running-app.js';

/** A whole module, or what one with `RevaliWsModule.forRoot()` has besides. */
export type Serve = (
  what: Type<unknown> | AppSetup,
  platform?: Platform['name'],
) => Promise<RunningApp>;

const serve: Serve = (what, name = 'express') => {
  const platform = platforms.find((one) => one.name === name);
  if (!platform) throw new Error(`there is no platform ${name}`);
  return startApp(
    platform,
    typeof what === 'function' ? { module: what, withoutRevaliWs: true } : what,
  );
};

/** Runs the hidden code before a block of the documentation; ends the apps that it served. */
export function runBlock(name: string, body: (serve: Serve) => Promise<void>): void {
  it(name, async () => {
    try {
      await body(serve);
    } finally {
      await closeAllApps();
    }
  });
}
