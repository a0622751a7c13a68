import type { INestApplication, Type } from '@nestjs/common';
import { WsAdapter } from '@nestjs/platform-ws';
import { RevaliWsAdapter, type RevaliWsAdapterOptions } from 'nestjs-revali-ws';

import { startApp, type AppSetup } from '../app-factory.js';
import type { Platform } from '../platforms.js';
import type { RunningApp } from '../running-app.js';

export type Parser = (frame: unknown) => { event: string; data: unknown };

export interface AdapterKind {
  readonly name: 'WsAdapter' | 'RevaliWsAdapter';
  create(app: INestApplication, options?: { messageParser?: Parser }): WsAdapter | RevaliWsAdapter;
}

/** Nest's own adapter and ours, with what both know. */
export const stockAdapter: AdapterKind = {
  name: 'WsAdapter',
  create: (app, options) => new WsAdapter(app, options),
};
export const ourAdapter: AdapterKind = {
  name: 'RevaliWsAdapter',
  create: (app, options) => new RevaliWsAdapter(app, options),
};

/** An app whose `main.ts` sets our adapter, without the module. */
export async function startGateways(
  platform: Platform,
  gateways: readonly Type<unknown>[],
  options: RevaliWsAdapterOptions = {},
  setup: Omit<AppSetup, 'configure'> = {},
): Promise<{ app: RunningApp; adapter: RevaliWsAdapter }> {
  let adapter: RevaliWsAdapter | undefined;
  const app = await startApp(platform, {
    withoutRevaliWs: true,
    ...setup,
    providers: [...gateways, ...(setup.providers ?? [])],
    configure: (created) => {
      adapter = new RevaliWsAdapter(created, options);
      created.useWebSocketAdapter(adapter);
    },
  });
  if (!adapter) throw new Error('the app was not configured');
  return { app, adapter };
}
