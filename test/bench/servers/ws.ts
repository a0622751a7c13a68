// Bare `ws`, at every path.  ws.js [--json] [--compressed]
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { parseArgs } from 'node:util';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';
import { serve } from './control.js';
import { listen } from './listening.js';
import { INDEPENDENT, NEWS, NEWS_FRAME, PRICES } from './news.js';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    compressed: { type: 'boolean', default: false },
  },
});

const http = createServer();
const sockets = new WebSocketServer({
  server: http,
  perMessageDeflate: values.compressed && INDEPENDENT,
});
const rawReaders = new Set<Socket>();

sockets.on('connection', (socket, request) => {
  socket.on('error', () => undefined);
  socket.on('message', handlerFor(socket, request.url));
  if (request.url === '/raw-feed') addRawReader(socket, request.socket);
});

/** Apart: a closure above would keep each connection's request in memory, which `ws` itself does not. */
function addRawReader(socket: WebSocket, raw: Socket) {
  rawReaders.add(raw);
  socket.on('close', () => rawReaders.delete(raw));
}

function handlerFor(socket: WebSocket, path: string | undefined) {
  if (path === '/feed') return tellAll;
  if (path === '/raw-feed') return tellAllRaw;
  if (path === '/prices') return tellPrices;
  return values.json
    ? (data: RawData) => socket.send(JSON.stringify(JSON.parse((data as Buffer).toString())))
    : (data: RawData, isBinary: boolean) => socket.send(data, { binary: isBinary });
}

function tellAll() {
  for (const each of sockets.clients) each.send(NEWS);
}

function tellPrices() {
  for (const each of sockets.clients) each.send(PRICES);
}

/** As little as JavaScript can do for it, past `ws`: what is left is Node's streams and the kernel. */
function tellAllRaw() {
  for (const each of rawReaders) each.write(NEWS_FRAME);
}

serve(() => listen(http));
