// A server that the soak measures: an echo route of this package, or the same with bare `ws`.
import 'reflect-metadata';
import { setTimeout as sleep } from 'node:timers/promises';

/** `process.memoryUsage()` moves for a while after a wave: garbage, and pages that the allocator keeps. */
const COLLECTIONS = 4;

const servers = { nest: startNest, ws: startWs };
const server = await servers[process.argv[2]]();

process.on('message', () => void measure().then((measured) => process.send(measured)));
process.on('disconnect', () => process.exit());
process.send({ port: server.port });

async function measure() {
  for (let count = 0; count < COLLECTIONS; count += 1) {
    globalThis.gc();
    await sleep(50);
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { open: server.open(), heap: heapUsed + external, rss, held: held() };
}

/** What holds the process or listens in it, by kind. */
function held() {
  const kinds = {};
  const count = (kind, more = 1) => (kinds[kind] = (kinds[kind] ?? 0) + more);
  for (const kind of process.getActiveResourcesInfo()) count(kind);
  for (const [name, emitter] of [
    ['server', server.http],
    ['process', process],
  ])
    for (const event of emitter.eventNames())
      count(`${name}: ${String(event)}`, emitter.listenerCount(event));
  return kinds;
}

async function startNest() {
  const { Body, Controller, Module } = await import('@nestjs/common');
  const { NestFactory } = await import('@nestjs/core');
  const { CleanUp, RevaliWsMetrics, RevaliWsModule, WebSocket, WebSocketConnection } =
    await import('nestjs-revali-ws');

  class EchoController {
    echo(message, cleanUp, connection) {
      if (message === 'close') connection.close();
      else if (message === 'clean-up') cleanUp.add(() => undefined);
      return message;
    }
  }
  const { prototype } = EchoController;
  Reflect.defineMetadata(
    'design:paramtypes',
    [String, CleanUp, WebSocketConnection],
    prototype,
    'echo',
  );
  Body()(prototype, 'echo', 0);
  WebSocket('echo')(prototype, 'echo', Object.getOwnPropertyDescriptor(prototype, 'echo'));
  Controller()(EchoController);
  class SoakModule {}
  Module({ imports: [RevaliWsModule.forRoot()], controllers: [EchoController] })(SoakModule);

  const app = await NestFactory.create(SoakModule, { logger: false });
  await app.listen(0, '127.0.0.1');
  const metrics = app.get(RevaliWsMetrics);
  return {
    http: app.getHttpServer(),
    port: app.getHttpServer().address().port,
    open: () => metrics.snapshot().connections.open,
  };
}

async function startWs() {
  const { createServer } = await import('node:http');
  const { WebSocketServer } = await import('ws');
  const http = createServer();
  const sockets = new WebSocketServer({ server: http });
  sockets.on('connection', (socket) => {
    socket.on('error', () => undefined);
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  await new Promise((resolve) => http.listen(0, '127.0.0.1', resolve));
  return {
    http,
    port: http.address().port,
    open: () => sockets.clients.size,
  };
}
