// A server at default options that says how much memory it holds, beyond what it held at the last `start`.
import { Body, Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { RevaliWsModule, WebSocket } from 'nestjs-revali-ws';

const SAMPLE_EVERY = 40;

let start = 0;
let peak = 0;

/** What is alive: garbage would be collected before the process ran short. */
function held() {
  // The first frees what the second counts: V8 lets go of buffers later than of their objects.
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

class AttackedController {
  echo(message) {
    return message;
  }
  stuck() {
    return new Promise(() => undefined);
  }
}

function route(method, ...types) {
  const { prototype } = AttackedController;
  Reflect.defineMetadata('design:paramtypes', types, prototype, method);
  types.forEach((_type, index) => Body()(prototype, method, index));
  WebSocket(method)(prototype, method, Object.getOwnPropertyDescriptor(prototype, method));
}
route('echo', Buffer);
route('stuck', Buffer);
Controller()(AttackedController);

class AttackedModule {}
Module({ imports: [RevaliWsModule.forRoot()], controllers: [AttackedController] })(AttackedModule);

const app = await NestFactory.create(AttackedModule, { logger: false });
await app.listen(0, '127.0.0.1');

setInterval(() => (peak = Math.max(peak, held())), SAMPLE_EVERY);
process.on('message', (command) => {
  if (command === 'start') {
    held();
    start = peak = held();
  }
  process.send({ growth: Math.max(peak, held()) - start });
});
process.on('disconnect', () => process.exit());
process.send({ port: app.getHttpServer().address().port });
