// What rooms over Redis cost at least: `ws` and ioredis on several servers in one process, a channel for each room, and
// no check of anything.  bare-nodes.js --redis 6379 [--nodes 8]
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import { WebSocketServer, type WebSocket } from 'ws';
import { broadcastAll, STORY, type Broadcasting } from './broadcasts.js';
import { serve } from './control.js';
import { listen } from './listening.js';

const { values } = parseArgs({
  options: { redis: { type: 'string' }, nodes: { type: 'string', default: '1' } },
});

const client = (): Redis => new Redis(Number(values.redis), '127.0.0.1');

const publishers: Redis[] = [];

async function startNode(): Promise<number> {
  const subscriber = client();
  publishers.push(client());
  const rooms = new Map<string, Set<WebSocket>>();
  subscriber.on('message', (room: string, text: string) => {
    for (const member of rooms.get(room) ?? []) member.send(text);
  });
  const http = createServer();
  new WebSocketServer({ server: http }).on('connection', (socket, { url = '' }) => {
    const members = rooms.get(url);
    if (members) {
      members.add(socket);
      return;
    }
    rooms.set(url, new Set([socket]));
    void subscriber.subscribe(url);
  });
  return listen(http);
}

async function start(): Promise<number[]> {
  const ports: number[] = [];
  for (let node = 0; node < Number(values.nodes); node += 1) ports.push(await startNode());
  return ports;
}

serve(start, {
  broadcast: (broadcasting: Broadcasting) =>
    broadcastAll(broadcasting, async (node, room) => {
      await publishers[node]?.publish(`/plain/${room}`, JSON.stringify(STORY));
    }),
});
