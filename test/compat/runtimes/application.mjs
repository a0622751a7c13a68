// A small application, without a compiler. Prints its port, and ends by a line on its standard input.
//   application.mjs express|fastify
import 'reflect-metadata';
import { once } from 'node:events';
import process from 'node:process';
import { Body, Controller, Get, Module, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CloseWebSocketException, RevaliWsModule, WebSocket } from 'nestjs-revali-ws';

const adapters = {
  express: async () => new (await import('@nestjs/platform-express')).ExpressAdapter(),
  fastify: async () => new (await import('@nestjs/platform-fastify')).FastifyAdapter(),
};

class NobodyGuard {
  canActivate() {
    return false;
  }
}

class AppController {
  echo(message) {
    return `Echo: ${message}`;
  }
  async *stream(count) {
    for (let number = 1; number <= count; number += 1) yield number;
  }
  close() {
    throw new CloseWebSocketException(4001, 'enough');
  }
  closed() {}
  http() {
    return 'http';
  }
}

function method(name, types, ...decorators) {
  const { prototype } = AppController;
  const descriptor = Object.getOwnPropertyDescriptor(prototype, name);
  Reflect.defineMetadata('design:paramtypes', types, prototype, name);
  if (types.length > 0) Body()(prototype, name, 0);
  for (const decorator of decorators) decorator(prototype, name, descriptor);
}
method('echo', [String], WebSocket('echo'));
method('stream', [Number], WebSocket('stream'));
method('close', [String], WebSocket('close'));
method('closed', [], WebSocket('closed'), UseGuards(NobodyGuard));
method('http', [], Get('echo'));
Controller()(AppController);

class AppModule {}
Module({ imports: [RevaliWsModule.forRoot()], controllers: [AppController] })(AppModule);

const adapter = await adapters[process.argv[2]]();
const app = await NestFactory.create(AppModule, adapter, { logger: ['error', 'warn'] });
await app.listen(0, '127.0.0.1');
console.log(`port ${app.getHttpServer().address().port}`);
await once(process.stdin, 'data');
await app.close();
console.log('closed');
process.exit();
