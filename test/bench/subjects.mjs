import { createHmac } from 'node:crypto';

// The servers that are measured: how each is started, where it echoes, and how a message looks there.
const JSON_MESSAGE = '{"message":"Hello World"}';
const SOCKET_IO_MESSAGE = `42["echo",${JSON_MESSAGE}]`;

/** @see client/open.mjs, which verifies it */
const plainWire = { message: JSON_MESSAGE, reply: JSON_MESSAGE };
const typedMessage = '{"type":"echo","message":"Hello World"}';
const typedWire = { message: typedMessage, reply: typedMessage };
const callWire = {
  protocol: 'revali.v1',
  message: `c ###\n${JSON_MESSAGE}`,
  reply: `r ###\n${JSON_MESSAGE}`,
};
const gatewayWire = { message: `{"event":"echo","data":${JSON_MESSAGE}}`, reply: JSON_MESSAGE };
const socketIoWire = {
  hello: { opening: '0{', send: '40', answer: '40{' },
  message: SOCKET_IO_MESSAGE,
  reply: SOCKET_IO_MESSAGE,
  // Comes while the others of 10,000 are still being opened.
  ping: '2',
};

const socketIoPath = '/socket.io/?EIO=4&transport=websocket';

export const subject = (name, server, path, { args = [], wire = plainWire, ...more } = {}) => ({
  name,
  server,
  args,
  path,
  wire,
  ...more,
});

export const fastifyArgs = ['--platform', 'fastify'];
const http2Args = ['--platform', 'fastify-http2'];
export const wsJson = subject('ws-json', 'ws', '/', { args: ['--json'] });
export const bareWs = subject('ws', 'ws', '/');
export const ours = subject('ours', 'ours', '/plain');
export const oursOnFastify = subject('ours-fastify', 'ours', '/plain', { args: fastifyArgs });
/** Their platforms alone: what is beyond them is ours. */
const platformOf = (name, more) => subject(name, 'platform', '/plain', more);
export const express = platformOf('express', { args: [] });
export const fastify = platformOf('fastify', { args: fastifyArgs });
export const gateway = subject('gateway', 'gateway', '/plain', { wire: gatewayWire });
export const socketIo = subject('socket.io', 'socket-io', socketIoPath, { wire: socketIoWire });

/** @param http2 How many share a connection. */
const oursInHttp2 = (name, http2) =>
  subject(name, 'ours', '/plain', {
    args: http2Args,
    wire: { ...plainWire, http2 },
    base: 'ours-fastify',
  });
const oursSharingHttp2 = oursInHttp2('ours-http2-shared', 64);

const ourGateway = (name, path, base) =>
  subject(name, 'gateway', path, { wire: gatewayWire, args: ['--adapter', 'ours'], base });

/** All that echo. */
export const echoSubjects = [
  wsJson,
  bareWs,
  subject('own-frames', 'own-frames', '/'),
  ours,
  oursOnFastify,
  oursInHttp2('ours-http2', 1),
  oursSharingHttp2,
  subject('ours-enhanced', 'ours', '/enhanced'),
  subject('ours-mapped', 'ours', '/mapped'),
  subject('ours-zod', 'ours', '/zod'),
  subject('ours-schema', 'ours', '/schema'),
  subject('ours-dto', 'ours', '/dto'),
  subject('ours-stream', 'ours', '/stream'),
  subject('ours-same-body', 'ours', '/plain', { wire: typedWire }),
  subject('ours-typed', 'ours', '/typed', { wire: typedWire, base: 'ours-same-body' }),
  subject('ours-called', 'ours', '/plain', { wire: callWire, base: 'ours' }),
  gateway,
  subject('gateway-enhanced', 'gateway', '/enhanced', { wire: gatewayWire }),
  ourGateway('gateway-ours', '/plain', 'gateway'),
  ourGateway('gateway-ours-enhanced', '/enhanced', 'gateway-enhanced'),
  socketIo,
  subject('fastify-websocket', 'fastify-websocket', '/'),
  subject('crossws', 'crossws', '/'),
];

/** One feed that many read. */
const socketIoFeedWire = {
  hello: socketIoWire.hello,
  ping: socketIoWire.ping,
  message: '42["go"]',
  told: `42["news",{"event":"news","text":"${'x'.repeat(80)}"}]`,
};
const feedWire = { message: 'go', told: `{"event":"news","text":"${'x'.repeat(80)}"}` };
export const fanOutSubjects = [
  subject('ws', 'ws', '/feed', { wire: feedWire }),
  subject('one-raw-frame', 'ws', '/raw-feed', { wire: feedWire }),
  subject('ours', 'ours', '/feed', { wire: feedWire }),
  subject('ours-object', 'ours', '/object-feed', { wire: feedWire }),
  subject('ours-prepared', 'ours', '/prepared-feed', { wire: feedWire }),
  subject('ours-fastify', 'ours', '/feed', { wire: feedWire, args: fastifyArgs }),
  subject('ours-room', 'ours', '/room-feed', { wire: feedWire, base: 'ours' }),
  subject('ours-kept-room', 'ours', '/kept-feed', { wire: feedWire, base: 'ours-room' }),
  subject('socket.io-room', 'socket-io', socketIoPath, { wire: socketIoFeedWire }),
];

const prices = Array.from({ length: 40 }, (_, index) => ({
  symbol: `SYM${index * 37}`,
  bid: (index * 7919) % 1000,
  ask: (index * 104_729) % 1000,
}));
const plainPrices = { message: 'go', told: JSON.stringify({ event: 'prices', prices }) };
const pricesWire = {
  ...plainPrices,
  extensions: 'permessage-deflate; server_no_context_takeover',
};
const compressed = { wire: pricesWire, args: ['--compressed'] };
/** The same to clients that compress. */
export const compressedSubjects = [
  subject('ws', 'ws', '/prices', compressed),
  subject('ours', 'ours', '/prices', compressed),
  subject('ours-prepared', 'ours', '/prepared-prices', compressed),
  subject('ours-uncompressed', 'ours', '/prepared-prices', { wire: plainPrices }),
];

const thousandBytes = JSON.stringify({ event: 'prices', prices: prices.slice(0, 21) });
const compressedEcho = {
  message: thousandBytes,
  reply: thousandBytes,
  isCompressed: true,
  extensions: `${pricesWire.extensions}; client_no_context_takeover`,
};
/** Messages that are compressed in both directions. */
export const compressedEchoSubjects = [
  subject('ws-json', 'ws', '/', { wire: compressedEcho, args: ['--json', '--compressed'] }),
  subject('ours', 'ours', '/plain', { wire: compressedEcho, args: ['--compressed'] }),
];

const storyWire = { message: 'go', told: undefined };
/** The same to the members of a room. */
export const compressedRoomSubjects = ['1k', '8k'].flatMap((size) => {
  const like = {
    wire: { ...storyWire, extensions: pricesWire.extensions },
    args: ['--compressed'],
  };
  const base = `ws-${size}`;
  return [
    subject(base, 'ws', `/stories/${size}`, { ...like, base }),
    subject(`ours-${size}`, 'ours', `/stories/${size}`, { ...like, base }),
  ];
});

/** @param paths Of one frame past `ws`, a loop of `ws.send()`, and a room. */
const crowdOf = (name, wire, ...paths) =>
  ['one-raw-frame', 'ws', 'ours'].map((kind, index) =>
    subject(`${kind}-${name}`, kind === 'ours' ? 'ours' : 'ws', paths[index], {
      wire,
      base: `one-raw-frame-${name}`,
    }),
  );
export const crowdSubjects = [
  ...crowdOf('news', feedWire, '/raw-feed', '/feed', '/room-feed'),
  ...crowdOf('8k', storyWire, '/raw-stories/8k', '/stories/8k', '/stories/8k'),
  ...crowdOf('bytes', feedWire, '/raw-bytes', '/bytes', '/room-bytes'),
  ...crowdOf('bytes-8k', storyWire, '/raw-byte-stories/8k', '/byte-stories/8k', '/byte-stories/8k'),
];

/** Those who are told, and what the one beside them does. */
export const bystanderSubjects = [
  subject('ws', 'ws', '/feed', { wire: feedWire, echo: { path: '/', wire: plainWire } }),
  subject('ours', 'ours', '/room-feed', {
    wire: feedWire,
    echo: { path: '/plain', wire: plainWire },
  }),
];

/** Connections beside one that floods: each with a TCP connection of its own, or all inside one. */
export const siblingSubjects = [bareWs, oursOnFastify, oursSharingHttp2];

/** Signed with the key of the servers, without an end. */
const token =
  'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.' +
  createHmac('sha256', 'secret')
    .update('eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ')
    .digest('base64url');
const jwtWire = { ...plainWire, token };
/** Signed as `express-session` does. */
const signature = createHmac('sha256', 'secret').update('ann').digest('base64').replace(/=+$/, '');
const sessionWire = { ...jwtWire, cookie: `sid=${encodeURIComponent(`s:ann.${signature}`)}` };
export const stormSubjects = [
  subject('ws-jwt', 'ws', '/', { wire: jwtWire, args: ['--jwt'] }),
  subject('ours-jwt', 'ours', '/jwt', { wire: jwtWire }),
  subject('ours-fastify-jwt', 'ours', '/jwt', { wire: jwtWire, args: fastifyArgs }),
  platformOf('express-jwt', { wire: jwtWire, args: ['--jwt'] }),
  platformOf('fastify-jwt', { wire: jwtWire, args: ['--jwt', ...fastifyArgs] }),
  subject('ws-session', 'ws', '/', { wire: sessionWire, args: ['--session'], base: 'ws-session' }),
  ...['express', 'fastify'].map((platform) =>
    subject(`ours-${platform}-session`, 'ours', '/session', {
      wire: sessionWire,
      args: ['--session', '--platform', platform],
      base: 'ws-session',
    }),
  ),
];

export const pacedHandshakeSubjects = [
  bareWs,
  express,
  fastify,
  gateway,
  ours,
  oursOnFastify,
  subject('ours-observed', 'ours', '/plain', { args: ['--observers', '1'], base: 'ours' }),
];

const threeMiddleware = ['--middleware', '3'];
export const handshakeSubjects = [
  bareWs,
  express,
  fastify,
  gateway,
  ours,
  oursOnFastify,
  subject('ours-guarded', 'ours', '/guarded', { args: threeMiddleware }),
  subject('ours-fastify-guarded', 'ours', '/guarded', {
    args: [...threeMiddleware, ...fastifyArgs],
  }),
];

export const idleSubjects = [bareWs, ours, oursOnFastify, gateway, socketIo];

/** Milliseconds between two pings of a connection. */
export const PING_INTERVAL = 16_000;
const pinging = ['--ping', `${PING_INTERVAL}`];
/** Idle members of a room. Inside HTTP/2, more fit into a process than it may have descriptors. */
export const heartbeatSubjects = [
  subject('ws', 'ws', '/feed', { wire: feedWire, args: pinging }),
  subject('ours', 'ours', '/room-feed', { wire: feedWire, args: pinging }),
  subject('ours-http2', 'ours', '/room-feed', {
    wire: { ...feedWire, http2: 250 },
    args: [...pinging, ...http2Args],
  }),
];

/** The last route of many. @param base The subject that this one is compared with. */
export const routesSubject = (platform, kind, count, base) =>
  subject(routesName(platform, kind, count), 'routes', `/items-${count - 1}/7`, {
    args: ['--count', `${count}`, '--kind', kind, '--platform', platform],
    wire: { message: '{}', reply: '7' },
    base,
  });

export const routesName = (platform, kind, count) => `${platform}-${kind}-${count}`;
