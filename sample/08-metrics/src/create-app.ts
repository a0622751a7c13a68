import type { INestApplication, NestApplicationOptions } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

import { AppModule } from './app.module.js';

/** Used by main.ts and the end-to-end test. */
export function createApp(options?: NestApplicationOptions): Promise<INestApplication> {
  return NestFactory.create(AppModule, options);
}
