import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { NestApplicationOptions } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import session from 'express-session';

import { AppModule } from './app.module.js';
import { Settings } from './settings.js';

// The same folders from src/ and from dist/, whatever the working directory.
const folder = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const folderOfPackage = (name: string): string =>
  dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));

/** Shared by main.ts and the end-to-end test. */
export async function createApp(options?: NestApplicationOptions): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(AppModule, options);
  app.use(sessions(app.get(Settings)));
  app.useStaticAssets(folder('../public'));
  app.useStaticAssets(folder('../../support/public'), { prefix: '/shared' });
  // ES modules, which the page loads as npm has installed them, without a bundler: see `importmap` in index.html.
  const client = folderOfPackage('nestjs-revali-ws-client');
  app.useStaticAssets(join(client, 'dist/esm'), { prefix: '/client' });
  return app;
}

/**
 * Upgrade requests pass it like any other. In memory, which is for development: it forgets at a restart, and says so
 * itself in production.
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
