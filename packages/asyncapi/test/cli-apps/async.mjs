import { NestFactory } from '@nestjs/core';
import { AsyncModule } from './routes.cjs';

export const createApp = (options) => NestFactory.create(AsyncModule, options);
