import { NestFactory } from '@nestjs/core';
import { createAsyncApiDocument } from 'nestjs-revali-ws-asyncapi';
import { AppModule } from './app.module.js';

const app = await NestFactory.create(AppModule, { logger: ['error'] });
await app.init();
const info = { title: 'Chat', version: '1.0.0' };
process.stdout.write(JSON.stringify(await createAsyncApiDocument(app, { info })));
await app.close();
