import { fileURLToPath } from 'node:url';

import type { NestApplicationOptions } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';

import { AppModule } from './app.module.js';

// The same folder from src/ and from dist/, whatever the working directory.
const publicFolder = fileURLToPath(new URL('../public', import.meta.url));

/** Shared by main.ts and the end-to-end test. */
export async function createApp(options?: NestApplicationOptions): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(AppModule, options);
  app.useStaticAssets(publicFolder);
  return app;
}
