// socket.io on several servers in one process.  socket-io-nodes.js --redis 6379 --adapter classic [--nodes 8]
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import { createAdapter, createShardedAdapter } from '@socket.io/redis-adapter';
import { createAdapter as createStreamsAdapter } from '@socket.io/redis-streams-adapter';
import { Redis } from 'ioredis';
import { Server, type ServerOptions } from 'socket.io';
import { broadcastAll, STORY, type Broadcasting } from './broadcasts.js';
import { serve } from './control.js';
import { listen } from './listening.js';

const { values } = parseArgs({
  options: {
    redis: { type: 'string' },
    adapter: { type: 'string', default: 'classic' },
    nodes: { type: 'string', default: '1' },
  },
});

/** No pings while it is measured. */
const PING_INTERVAL = 600_000;

const client = (): Redis => new Redis(Number(values.redis), '127.0.0.1');

function adapterOf(name: string): ServerOptions['adapter'] {
  if (name === 'classic') return createAdapter(client(), client());
  if (name === 'sharded') return createShardedAdapter(client(), client());
  return createStreamsAdapter(client());
}

const servers: Server[] = [];

async function start(): Promise<number[]> {
  const ports: number[] = [];
  for (let node = 0; node < Number(values.nodes); node += 1) {
    const http = createServer();
    const server = new Server(http, {
      adapter: adapterOf(values.adapter),
      pingInterval: PING_INTERVAL,
      serveClient: false,
      transports: ['websocket'],
    });
    server.on('connection', (socket) => socket.join(String(socket.handshake.query['room'])));
    servers.push(server);
    ports.push(await listen(http));
  }
  return ports;
}

serve(start, {
  broadcast: (broadcasting: Broadcasting) =>
    broadcastAll(broadcasting, (node, room) => {
      servers[node]?.to(room).emit('news', STORY);
    }),
});
