import { fileURLToPath } from 'node:url';

import type { NestApplicationOptions } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';

import { AppModule } from './app.module.js';

// Resolves to the same folders from src/ and dist/, in any working directory.
const folder = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Used by main.ts and the end-to-end test. */
export async function createApp(options?: NestApplicationOptions): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(AppModule, options);
  app.useStaticAssets(folder('../public'));
  app.useStaticAssets(folder('../../support/public'), { prefix: '/shared' });
  return app;
}
