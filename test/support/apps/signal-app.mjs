// An application of its own process, to be ended by a signal. Without a compiler: its decorators are called by hand.
import 'reflect-metadata';
import { Body, Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { CleanUp, RevaliWsModule, WebSocket } from 'nestjs-revali-ws';

const say = (word) => process.stdout.write(`${word}\n`);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

class BusyController {
  async work(message, cleanUp) {
    cleanUp.add(async () => {
      await sleep(50);
      say('clean-up');
    });
    say('working');
    await sleep(150);
    return `done: ${message}`;
  }

  onModuleDestroy() {
    say('onModuleDestroy');
  }

  onApplicationShutdown(signal) {
    say(`onApplicationShutdown ${signal}`);
  }
}
const handler = Object.getOwnPropertyDescriptor(BusyController.prototype, 'work');
Reflect.defineMetadata('design:paramtypes', [String, CleanUp], BusyController.prototype, 'work');
Body()(BusyController.prototype, 'work', 0);
WebSocket('busy')(BusyController.prototype, 'work', handler);
Controller()(BusyController);

class SignalModule {}
Module({ imports: [RevaliWsModule.forRoot()], controllers: [BusyController] })(SignalModule);

const adapter = process.argv[2] === 'fastify' ? new FastifyAdapter() : new ExpressAdapter();
const app = await NestFactory.create(SignalModule, adapter, { logger: false });
app.enableShutdownHooks();
await app.listen(0, '127.0.0.1');
say(`listening ${app.getHttpServer().address().port}`);
