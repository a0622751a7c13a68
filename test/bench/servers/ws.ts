// Bare `ws`, at every path.  ws.js [--json]
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';
import { serve } from './control.js';
import { listen } from './listening.js';
import { NEWS } from './news.js';

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });

const http = createServer();
const sockets = new WebSocketServer({ server: http });

sockets.on('connection', (socket, request) => {
  socket.on('error', () => undefined);
  socket.on('message', handlerFor(socket, request.url));
});

function handlerFor(socket: WebSocket, path: string | undefined) {
  if (path === '/feed') return tellAll;
  return values.json
    ? (data: RawData) => socket.send(JSON.stringify(JSON.parse((data as Buffer).toString())))
    : (data: RawData, isBinary: boolean) => socket.send(data, { binary: isBinary });
}

function tellAll() {
  for (const each of sockets.clients) each.send(NEWS);
}

serve(() => listen(http));
