// One node: an application of the built package. Its options come as JSON; it is told what to do by its parent.
//   { broker: 'redis' | 'jetstream' | 'memory', url, presence, workers, packets: 'next' | 'read' | undefined }
import cluster from 'node:cluster';
import { once } from 'node:events';
import { teachNextPackets } from './next-packet.mjs';

const options = JSON.parse(process.argv[2]);

process.on('disconnect', () => process.exit());

/** Workers of one process, which share a port. Each message names the worker that it is for. */
async function startWorkers() {
  const workers = Array.from({ length: options.workers }, () => cluster.fork());
  const ports = await Promise.all(workers.map((worker) => once(worker, 'message')));
  for (const worker of workers) worker.on('message', (message) => process.send(message));
  process.on('message', (message) => {
    const worker = workers[message.worker ?? 0];
    if (message.command === 'close') for (const each of workers) tell(each, message);
    else if (message.command === 'killWorker') worker.process.kill('SIGKILL');
    else tell(worker, message);
  });
  cluster.on('exit', (worker) => {
    const index = workers.indexOf(worker);
    process.send({ ended: index });
    if (workers.every((each) => each.isDead())) process.exit(0);
  });
  process.send({ port: ports[0][0].port, workers: workers.map((worker) => worker.process.pid) });
}

const tell = (worker, message) => {
  if (worker.isConnected()) worker.send(message, () => undefined);
};

async function startApp() {
  if (options.packets) teachNextPackets(options.packets);
  const { Controller, Module } = await import('@nestjs/common');
  const { NestFactory } = await import('@nestjs/core');
  const { JoinRoom, RevaliWsMetrics, RevaliWsModule, Rooms, WebSocket, WebSocketRooms } =
    await import('nestjs-revali-ws');

  class KeptRooms extends Rooms {}
  WebSocketRooms('kept', { history: { messages: 2_000, age: '10m' } })(KeptRooms);
  class PlainRooms extends Rooms {}
  WebSocketRooms('plain')(PlainRooms);
  class HereRooms extends Rooms {
    memberOf({ handshake }) {
      return { key: String(handshake.query.me) };
    }
  }
  WebSocketRooms('here', { presence: options.presence })(HereRooms);

  class ScaleController {
    follow() {}
  }
  const { prototype } = ScaleController;
  const method = [prototype, 'follow', Object.getOwnPropertyDescriptor(prototype, 'follow')];
  WebSocket(':kept/:plain/:here')(...method);
  JoinRoom(KeptRooms, ':kept')(...method);
  JoinRoom(PlainRooms, ':plain')(...method);
  JoinRoom(HereRooms, ':here')(...method);
  Controller('rooms')(ScaleController);

  class ScaleModule {}
  Module({
    imports: [RevaliWsModule.forRoot({ rooms: { broker: await makeBroker() } })],
    controllers: [ScaleController],
    providers: [KeptRooms, PlainRooms, HereRooms],
  })(ScaleModule);

  const app = await NestFactory.create(ScaleModule, { logger: ['warn', 'error'] });
  await app.listen(0, '127.0.0.1');
  const kinds = {
    kept: app.get(KeptRooms),
    plain: app.get(PlainRooms),
    here: app.get(HereRooms),
  };
  const commands = commandsOf(app, kinds, app.get(RevaliWsMetrics));
  process.on('message', ({ command, ...rest }) => commands[command]?.(rest));
  process.send({ port: app.getHttpServer().address().port, workers: [] });
}

async function makeBroker() {
  const { broker, url } = options;
  if (broker === 'redis') {
    const { RedisBroker } = await import('nestjs-revali-ws/redis');
    return new RedisBroker({ url });
  }
  if (broker === 'jetstream') {
    const { NatsBroker } = await import('nestjs-revali-ws/nats');
    return new NatsBroker({ servers: url, jetStream: true });
  }
  const { MemoryBroker } = await import('nestjs-revali-ws');
  return new MemoryBroker();
}

function commandsOf(app, kinds, metrics) {
  const watched = new Map();
  const answer = (ask, given) => process.send({ ask, ...given });
  return {
    /** Many at once, and an answer for each as it comes. */
    broadcast({ list }) {
      for (const one of list) void broadcast(kinds[one.kind].at(one.name), one);
    },
    watch({ names }) {
      for (const name of names) {
        const keys = new Set();
        watched.set(name, keys);
        kinds.here
          .at(name)
          .watch()
          .subscribe({ next: (change) => follow(keys, change) });
      }
    },
    async presence({ ask, name }) {
      try {
        const read = (await kinds.here.at(name).presence()).map(({ key }) => key);
        answer(ask, { read, watched: [...(watched.get(name) ?? [])] });
      } catch (error) {
        answer(ask, { failed: error.message });
      }
    },
    metrics({ ask }) {
      answer(ask, { metrics: metrics.snapshot().rooms });
    },
    async close() {
      await app.close();
      process.exit(0);
    },
  };
}

async function broadcast(room, { text, size, id }) {
  try {
    const { position } = await room.broadcast(text.padEnd(size, '.'), { receipt: true, id });
    process.send({ text, outcome: 'accepted', position });
  } catch (error) {
    process.send({ text, outcome: error.outcome ?? 'unknown', error: error.message });
  }
}

function follow(keys, { type, key, present }) {
  if (type === 'here') keys.clear();
  for (const one of type === 'here' ? present : []) keys.add(one.key);
  if (type === 'joined') keys.add(key);
  else if (type === 'left') keys.delete(key);
}

if (options.workers > 1 && cluster.isPrimary) await startWorkers();
else await startApp();
