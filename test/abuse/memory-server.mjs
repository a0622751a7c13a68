// A server that says how much memory it holds for the newest connection, beyond what it held at the last `start`.
// Its options come as JSON.
import { Body, Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import {
  AsyncWebSocketSender,
  RevaliWsAdapter,
  RevaliWsModule,
  WebSocket,
  WebSocketConnection,
  WebSocketServers,
} from 'nestjs-revali-ws';
import { once } from 'node:events';
import { createServer } from 'node:https';

const SAMPLE_EVERY = 40;

const { tls, ...options } = JSON.parse(process.argv[2] ?? '{}');

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

let lastConnection;

class AttackedController {
  echo(message, connection) {
    lastConnection = connection;
    return message;
  }
  stuck() {
    return new Promise(() => undefined);
  }
  /** Sends as many messages, of as many bytes, as are asked for, and waits for none. */
  async push({ count, size }, sender, connection) {
    lastConnection = connection;
    for (let sent = 0; sent < count; sent += 1) void sender.send('x'.repeat(size));
  }
  /** The same, one in each turn of the event loop. */
  async trickle({ count, size }, sender, connection) {
    lastConnection = connection;
    for (let sent = 0; sent < count && connection.isOpen; sent += 1) {
      void sender.send(Buffer.alloc(size, 1));
      await new Promise(setImmediate);
    }
  }
}

function route(method, ...types) {
  const { prototype } = AttackedController;
  Reflect.defineMetadata('design:paramtypes', types, prototype, method);
  Body()(prototype, method, 0);
  WebSocket(method)(prototype, method, Object.getOwnPropertyDescriptor(prototype, method));
}
route('echo', Buffer, WebSocketConnection);
route('stuck', Buffer);
route('push', Object, AsyncWebSocketSender, WebSocketConnection);
route('trickle', Object, AsyncWebSocketSender, WebSocketConnection);
Controller()(AttackedController);

class AttackedGateway {
  /** Answers with as many characters as are asked for. */
  large(size) {
    return Buffer.alloc(size, 'x').toString();
  }
  stuckEvent() {
    return new Promise(() => undefined);
  }
}

function event(method) {
  const { prototype } = AttackedGateway;
  Reflect.defineMetadata('design:paramtypes', [Number], prototype, method);
  MessageBody()(prototype, method, 0);
  SubscribeMessage(method)(prototype, method, Object.getOwnPropertyDescriptor(prototype, method));
}
event('large');
event('stuckEvent');
WebSocketGateway({ path: '/gateway' })(AttackedGateway);

class AttackedModule {}
Module({
  imports: [RevaliWsModule.forRoot(options)],
  controllers: [AttackedController],
  providers: [AttackedGateway],
})(AttackedModule);

const app = await NestFactory.create(AttackedModule, { logger: false });
app.useWebSocketAdapter(new RevaliWsAdapter(app, options));
await app.listen(0, '127.0.0.1');

let server = app.getHttpServer();
if (tls) {
  server = createServer(tls, app.getHttpAdapter().getInstance());
  app.get(WebSocketServers).attach(server);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
}

const sockets = new Set();
server.on('connection', (socket) => {
  sockets.add(socket);
  socket.once('close', () => sockets.delete(socket));
});

/**
 * The connection of a client that has left stays, unread, while its handler is stuck, and a heartbeat reads another
 * megabyte of it. Whatever it holds is none of the newest connection's.
 */
async function endEarlier() {
  const earlier = [...sockets].slice(0, -1);
  await Promise.all(earlier.map((socket) => once(socket.destroy(), 'close')));
  await new Promise(setImmediate);
}

setInterval(() => (peak = Math.max(peak, held())), SAMPLE_EVERY);
process.on('message', (command) => void answer(command));

async function answer(command) {
  if (command === 'start') {
    await endEarlier();
    held();
    start = peak = held();
  }
  const { bufferedAmount = 0 } = lastConnection ?? {};
  if (command === 'look') process.send({ bufferedAmount });
  else process.send({ growth: Math.max(peak, held()) - start });
}

process.on('disconnect', () => process.exit());
process.send({ port: server.address().port });
