import type { INestApplication } from '@nestjs/common';
import { Server, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';

import { asText, toMessage } from '../clients/message.js';

export type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** The server that Nest leaves untyped. */
export function httpServerOf(app: INestApplication): Server {
  const server: unknown = app.getHttpServer();
  if (isServer(server)) return server;
  throw new Error('the app has no HTTP server');
}

function isServer(server: unknown): server is Server {
  return server instanceof Server;
}

/** Answers each message, and closes with 4003 when told to. */
export function talk(socket: WebSocket): void {
  socket.on('message', (data, isBinary) => {
    const text = asText(toMessage(data, isBinary));
    if (text === 'bye') socket.close(4003, 'Shed');
    else socket.send(`shed: ${text}`);
  });
}

/** As Vite attaches its HMR: takes one path, and does nothing at all with the others. */
export function shyListener(path = '/shed'): UpgradeListener {
  const shed = new WebSocketServer({ noServer: true });
  return (request, socket, head) => {
    if (request.url === path) shed.handleUpgrade(request, socket, head, talk);
  };
}

/** As `graphql-ws` is attached: takes one path, and answers all others with 400. */
export function attachWsServer(server: Server, path = '/shed'): WebSocketServer {
  return new WebSocketServer({ server, path }).on('connection', talk);
}
