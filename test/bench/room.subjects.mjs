// Rooms over Redis: our nodes, and those of socket.io by each of its adapters.
const plainWire = {};
const keptWire = { protocol: 'revali.v1', hello: { opening: 'j ' } };
const socketIoWire = { hello: { opening: '0{', send: '40', answer: '40{' } };

const ours = (kind, wire, more) => ({
  name: kind === 'kept' ? 'ours-kept' : 'ours',
  server: 'room-nodes',
  args: [],
  kind,
  pathOf: (room) => `/${kind}/${room}`,
  wire,
  ...more,
});

const socketIo = (adapter) => ({
  name: `socket.io-${adapter}`,
  server: 'socket-io-nodes',
  args: ['--adapter', adapter],
  kind: 'plain',
  pathOf: (room) => `/socket.io/?EIO=4&transport=websocket&room=${room}`,
  wire: socketIoWire,
});

export const plainRooms = (more) => ours('plain', plainWire, more);
/** With history, to clients that ask for positions. */
export const keptRooms = (more) => ours('kept', keptWire, { base: 'ours', ...more });

/** What nobody who uses `ws` and ioredis can go below. */
const bare = {
  name: 'bare',
  server: 'bare-nodes',
  args: [],
  kind: 'plain',
  pathOf: (room) => `/plain/${room}`,
  wire: plainWire,
};

export const roomSubjects = () => [
  bare,
  plainRooms(),
  keptRooms(),
  socketIo('classic'),
  socketIo('sharded'),
  socketIo('streams'),
];
