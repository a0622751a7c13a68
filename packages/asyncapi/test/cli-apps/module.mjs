import { createServer } from 'node:net';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './routes.cjs';

console.log('This is no part of the result');
// Held open for ever.
setInterval(() => undefined, 1_000);
createServer().listen(0, '127.0.0.1');

export async function createApp(options) {
  const app = await NestFactory.create(AppModule, options);
  app.setGlobalPrefix('api');
  return app;
}
