import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';

import fastifyCookie from '@fastify/cookie';
import fastifyHelmet from '@fastify/helmet';
import type { NestApplicationOptions } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';

import { AppModule } from './app.module.js';
import { knowVoters } from './voter.hook.js';

// Resolves to the same folders from src/ and dist/, in any working directory.
const folder = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const contentSecurityPolicy = {
  directives: {
    // Lets pages of this origin open WebSockets to it, and nowhere else.
    connectSrc: ["'self'"],
    // The sample uses plain HTTP: ws:// must not become wss://.
    upgradeInsecureRequests: null,
  },
};

/** Used by main.ts and the end-to-end test. */
export async function createApp(options?: NestApplicationOptions): Promise<NestFastifyApplication> {
  // app.close() does not wait for a browser's idle connections. WebSockets get their 1001 first.
  const adapter = new FastifyAdapter({ forceCloseConnections: true });
  const app = await NestFactory.create<NestFastifyApplication>(AppModule, adapter, options);
  // Nothing here is specific to WebSockets, yet all of it runs at their handshakes, too.
  await app.register(fastifyHelmet, { contentSecurityPolicy });
  await app.register(fastifyCookie, { secret: randomBytes(32).toString('hex') });
  knowVoters(adapter.getInstance());

  app.useStaticAssets({ root: folder('../public') });
  const shared = folder('../../support/public');
  app.useStaticAssets({ root: shared, prefix: '/shared', decorateReply: false });
  return app;
}
