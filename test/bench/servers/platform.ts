// What Express or Fastify alone cost: each upgrade passes them, then bare `ws` takes it.
//   platform.js [--platform express|fastify] [--jwt]
import { createServer, ServerResponse, type IncomingMessage, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { parseArgs } from 'node:util';
import express from 'express';
import fastify from 'fastify';
import { WebSocketServer } from 'ws';
import { serve } from './control.js';
import { listen } from './listening.js';
import { isSigned } from './tokens.js';

const { values } = parseArgs({
  options: {
    platform: { type: 'string', default: 'express' },
    jwt: { type: 'boolean', default: false },
  },
});

/** The rest of an upgrade, once the platform has let it pass. */
type Accept = () => void;
type Pipeline = (request: IncomingMessage, response: ServerResponse) => void;

const sockets = new WebSocketServer({ noServer: true });
const accepts = new WeakMap<IncomingMessage, Accept>();

sockets.on('connection', (socket) => {
  socket.on('error', () => undefined);
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
});

const isAllowed = (request: IncomingMessage) => !values.jwt || isSigned(request);

function pass(request: IncomingMessage, response: ServerResponse) {
  if (isAllowed(request)) accepts.get(request)?.();
  else response.writeHead(403).end();
}

function expressPipeline(): Pipeline {
  const app = express();
  app.use(pass);
  return (request, response) => void app(request, response);
}

async function fastifyPipeline(): Promise<Pipeline> {
  const app = fastify();
  app.get('/*', (request, reply) => {
    reply.hijack();
    pass(request.raw, reply.raw);
  });
  await app.ready();
  return (request, response) => app.routing(request, response);
}

function upgradeBehind(server: Server, pipeline: Pipeline) {
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const response = new ServerResponse(request);
    response.assignSocket(request.socket);
    accepts.set(request, () => {
      response.detachSocket(request.socket);
      sockets.handleUpgrade(request, socket, head, (opened) =>
        sockets.emit('connection', opened, request),
      );
    });
    pipeline(request, response);
  });
}

serve(async () => {
  const server = createServer();
  upgradeBehind(
    server,
    values.platform === 'fastify' ? await fastifyPipeline() : expressPipeline(),
  );
  return listen(server);
});
