// Bare `ws`, at every path.  ws.js [--json] [--compressed] [--jwt] [--session] [--ping 16000]
import { createServer, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { parseArgs } from 'node:util';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';
import { serve } from './control.js';
import { isSigned } from './tokens.js';
import { listen } from './listening.js';
import {
  BINARY_FRAMES,
  INDEPENDENT,
  NEWS,
  NEWS_BYTES,
  NEWS_FRAME,
  PRICES,
  STORIES,
  STORY_BYTES,
  STORY_FRAMES,
} from './news.js';
import { hasSession, withSession } from './sessions.js';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    compressed: { type: 'boolean', default: false },
    jwt: { type: 'boolean', default: false },
    session: { type: 'boolean', default: false },
    ping: { type: 'string' },
  },
});

const http = createServer();
const sockets = new WebSocketServer({
  server: http,
  ...verification(),
  perMessageDeflate: values.compressed && INDEPENDENT,
});
const rawReaders = new Set<Socket>();

sockets.on('connection', (socket, request) => {
  socket.on('error', () => undefined);
  socket.on('message', handlerFor(socket, request.url));
  if (request.url?.startsWith('/raw-')) addRawReader(socket, request.socket);
});

interface Handshake {
  readonly req: IncomingMessage;
}

function verification() {
  if (values.session)
    return {
      verifyClient: ({ req }: Handshake, accept: (isAllowed: boolean) => void) =>
        withSession(req, () => accept(isSigned(req) && hasSession(req))),
    };
  return values.jwt ? { verifyClient: ({ req }: Handshake) => isSigned(req) } : {};
}

/** As the README of `ws` has it. */
if (values.ping !== undefined) {
  const alive = new WeakSet<WebSocket>();
  sockets.on('connection', (socket) => {
    alive.add(socket);
    socket.on('pong', () => alive.add(socket));
  });
  setInterval(() => {
    for (const socket of sockets.clients) {
      if (!alive.delete(socket)) socket.terminate();
      else socket.ping();
    }
  }, Number(values.ping));
}

/** Apart: a closure above would keep each connection's request in memory, which `ws` itself does not. */
function addRawReader(socket: WebSocket, raw: Socket) {
  rawReaders.add(raw);
  socket.on('close', () => rawReaders.delete(raw));
}

function handlerFor(socket: WebSocket, path: string | undefined) {
  if (path === '/feed') return tellAll;
  if (path === '/raw-feed') return tellAllRaw;
  if (path === '/prices') return tellPrices;
  const binary = BINARY_FRAMES.get(path ?? '');
  if (binary) return () => tellRaw(binary);
  if (path === '/bytes') return () => tell(NEWS_BYTES);
  const [, kind, name = ''] = path?.split('/') ?? [];
  if (kind === 'stories') return () => tell(STORIES.get(name) ?? '');
  if (kind === 'byte-stories') return () => tell(STORY_BYTES.get(name) ?? NEWS_BYTES);
  if (kind === 'raw-stories') return () => tellRaw(STORY_FRAMES.get(name) ?? NEWS_FRAME);
  return values.json
    ? (data: RawData) => socket.send(JSON.stringify(JSON.parse((data as Buffer).toString())))
    : (data: RawData, isBinary: boolean) => socket.send(data, { binary: isBinary });
}

function tell(text: string | Buffer) {
  for (const each of sockets.clients) each.send(text);
}

const tellAll = () => tell(NEWS);
const tellPrices = () => tell(PRICES);

/** As little as JavaScript can do for it, past `ws`: what is left is Node's streams and the kernel. */
function tellRaw(frame: Buffer) {
  for (const each of rawReaders) each.write(frame);
}

const tellAllRaw = () => tellRaw(NEWS_FRAME);

serve(() => listen(http));
