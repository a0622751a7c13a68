import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { NestApplicationOptions } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import session from 'express-session';

import { AppModule } from './app.module.js';
import { Settings } from './settings.js';

// Resolves to the same folders from src/ and dist/, in any working directory.
const folder = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const folderOfPackage = (name: string): string =>
  dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));

/** Used by main.ts and the end-to-end test. */
export async function createApp(options?: NestApplicationOptions): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(AppModule, options);
  app.use(sessions(app.get(Settings)));
  app.useStaticAssets(folder('../public'));
  app.useStaticAssets(folder('../../support/public'), { prefix: '/shared' });
  // The page loads these ES modules as npm installed them, without a bundler: see `importmap` in index.html.
  const client = folderOfPackage('nestjs-revali-ws-client');
  app.useStaticAssets(join(client, 'dist/esm'), { prefix: '/client' });
  return app;
}

/**
 * Also runs for upgrade requests. The in-memory store is for development: it forgets everything at a restart, and
 * warns about that in production.
 */
function sessions({ sessionSecret, isProduction }: Settings): ReturnType<typeof session> {
  return session({
    name: 'sid',
    secret: sessionSecret,
    resave: false,
    saveUninitialized: false,
    // Behind a proxy that ends TLS: app.set('trust proxy', …).
    cookie: { httpOnly: true, sameSite: 'lax', secure: isProduction },
  });
}
