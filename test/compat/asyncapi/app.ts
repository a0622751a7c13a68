// What the application serves is its document.
import { NestFactory } from '@nestjs/core';
import { createAsyncApiDocument } from 'nestjs-revali-ws-asyncapi';
import { AppModule, info } from './app.module.js';

async function main(): Promise<void> {
  const app = await NestFactory.create(AppModule, { logger: ['error'] });
  await app.listen(0, '127.0.0.1');
  const document = await createAsyncApiDocument(app, { info });
  const response = await fetch(new URL('/async-api-json', await app.getUrl()));
  const served: unknown = await response.json();
  await app.close();
  process.stdout.write(JSON.stringify({ document, served }));
}

void main();
