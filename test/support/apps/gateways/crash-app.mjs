// An application of its own process, whose gateway fails as the client's query says: what becomes of the process?
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { WsAdapter } from '@nestjs/platform-ws';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';

const [platform, kind] = process.argv.slice(2);

class FailingGateway {
  handleConnection(client, request) {
    const failure = request.url.slice(2);
    if (failure === 'throw') throw new Error('secret');
    if (failure === 'reject') return Promise.reject(new Error('secret'));
    return undefined;
  }

  push() {
    return { data: 1n };
  }
}
const handler = Object.getOwnPropertyDescriptor(FailingGateway.prototype, 'push');
SubscribeMessage('push')(FailingGateway.prototype, 'push', handler);
WebSocketGateway()(FailingGateway);

class CrashModule {}
Module({ providers: [FailingGateway] })(CrashModule);

const adapter = platform === 'fastify' ? new FastifyAdapter() : new ExpressAdapter();
const app = await NestFactory.create(CrashModule, adapter, { logger: false });
if (kind === 'WsAdapter') app.useWebSocketAdapter(new WsAdapter(app));
else {
  const { RevaliWsAdapter } = await import('nestjs-revali-ws');
  app.useWebSocketAdapter(new RevaliWsAdapter(app));
}
await app.listen(0, '127.0.0.1');
process.stdout.write(`listening ${app.getHttpServer().address().port}\n`);
