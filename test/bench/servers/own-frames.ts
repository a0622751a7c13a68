// The least that JavaScript can do for an echo on `ws`: frames made by hand and written past it, those that one turn of
// the event loop makes for a connection in one write. No routes, no limits, no back-pressure: what is left of a turn is
// Node, `ws` reading, JSON and the kernel.
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { WebSocketServer, type RawData } from 'ws';
import { serve } from './control.js';
import { listen } from './listening.js';

const TEXT = 0x81;
const POOL_SIZE = 64 * 1024;
/** Of texts of less than 126 bytes: all that the bench sends. */
const HEADER = 2;
const MAX_FRAME = HEADER + 125;

interface Peer {
  readonly socket: Socket;
  texts: string[];
}

const http = createServer();
const sockets = new WebSocketServer({ server: http });
let pool = Buffer.allocUnsafeSlow(POOL_SIZE);
let used = 0;
let pending: Peer[] = [];

sockets.on('connection', (socket, { socket: raw }) => {
  const peer: Peer = { socket: raw, texts: [] };
  socket.on('error', () => undefined);
  socket.on('message', (data: RawData) =>
    send(peer, JSON.stringify(JSON.parse((data as Buffer).toString()))),
  );
});

function send(peer: Peer, text: string) {
  if (peer.texts.push(text) === 1 && pending.push(peer) === 1) setImmediate(flush);
}

function flush() {
  const peers = pending;
  pending = [];
  for (const peer of peers) {
    const { socket, texts } = peer;
    peer.texts = [];
    socket.write(join(texts));
  }
}

function join(texts: readonly string[]): Buffer {
  if (used + texts.length * MAX_FRAME > POOL_SIZE) {
    pool = Buffer.allocUnsafeSlow(POOL_SIZE);
    used = 0;
  }
  const start = used;
  for (const text of texts) {
    const length = pool.write(text, used + HEADER, 'utf8');
    pool[used] = TEXT;
    pool[used + 1] = length;
    used += HEADER + length;
  }
  return pool.subarray(start, used);
}

serve(() => listen(http));
