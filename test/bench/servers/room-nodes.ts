// Our rooms on several applications in one process.  room-nodes.js --redis 6379 [--nodes 8]
import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { Body, Controller, Module, type INestApplication } from '@nestjs/common';
import { Redis } from 'ioredis';
import {
  JoinRoom,
  RevaliWsModule,
  Rooms,
  WebSocket,
  WebSocketConnection,
  WebSocketRooms,
} from 'nestjs-revali-ws';
import { RedisBroker } from 'nestjs-revali-ws/redis';
import {
  broadcastAll,
  measureLatency,
  STORY,
  type Broadcasting,
  type Timed,
  type Way,
} from './broadcasts.js';
import { serve } from './control.js';
import { createApp, listenApp } from './listening.js';

const { values } = parseArgs({
  options: { redis: { type: 'string' }, nodes: { type: 'string', default: '1' } },
});

@WebSocketRooms('plain')
class PlainRooms extends Rooms<object> {}

@WebSocketRooms('kept', { history: { messages: 100, age: '5m' } })
class KeptRooms extends Rooms<object> {}

const idle: WebSocketConnection[] = [];

@Controller()
class RoomController {
  @JoinRoom(PlainRooms, ':room')
  @WebSocket('plain/:room')
  plain(@Body() _message: unknown): void {
    // Members only listen.
  }

  @JoinRoom(KeptRooms, ':room')
  @WebSocket('kept/:room')
  kept(@Body() _message: unknown): void {
    // As above.
  }

  @WebSocket('idle', { triggerOnConnect: true })
  idle(@Body() _message: unknown, connection: WebSocketConnection): void {
    idle.push(connection);
  }
}

@Module({
  imports: [
    RevaliWsModule.forRootAsync({
      useFactory: () => ({
        ping: false,
        rooms: { broker: new RedisBroker({ url: `redis://127.0.0.1:${values.redis}` }) },
      }),
    }),
  ],
  controllers: [RoomController],
  providers: [PlainRooms, KeptRooms],
})
class RoomsModule {}

const apps: INestApplication[] = [];

async function start(): Promise<number[]> {
  const ports: number[] = [];
  for (let node = 0; node < Number(values.nodes); node += 1) {
    const app = await createApp(RoomsModule, 'express');
    apps.push(app);
    ports.push(await listenApp(app));
  }
  return ports;
}

function roomsOf(node: number, kind: string): Rooms<object> {
  const app = apps[node];
  if (!app) throw new Error(`there is no node ${node}`);
  return app.get<Rooms<object>>(kind === 'kept' ? KeptRooms : PlainRooms);
}

function roomsWay(): Way {
  const [from, to] = [roomsOf(0, 'plain').at('clock'), roomsOf(1, 'plain').at('clock')];
  return {
    send: (message) => void from.broadcast({ ...STORY, ...message }),
    onMessage: (listener) =>
      void to.listen().subscribe(({ message }) => listener(message as Timed)),
  };
}

/** The same with nothing around Redis. */
function bareWay(): Way {
  const port = Number(values.redis);
  const [publisher, subscriber] = [new Redis(port, '127.0.0.1'), new Redis(port, '127.0.0.1')];
  return {
    send: (message) => void publisher.publish('clock', JSON.stringify({ ...STORY, ...message })),
    onMessage(listener) {
      subscriber.on('message', (_channel: string, text: string) =>
        listener(JSON.parse(text) as Timed),
      );
      void subscriber.subscribe('clock');
    },
  };
}

serve(start, {
  broadcast({ kind, ...broadcasting }: Broadcasting & { kind: string }) {
    const rooms = apps.map((_, node) => roomsOf(node, kind));
    return broadcastAll(broadcasting, (node, room) => rooms[node]?.at(room).broadcast(STORY));
  },

  latency: (broadcasting: { count: number; rate: number }) =>
    measureLatency([bareWay(), roomsWay()], broadcasting),

  /** @param together How many connections share a room. */
  async enter({ each, together }: { each: number; together: number }) {
    const rooms = roomsOf(0, 'plain');
    for (const [index, connection] of idle.entries()) {
      const group = Math.floor(index / together);
      await Promise.all(
        Array.from({ length: each }, (_, room) => rooms.at(`${group}-${room}`).join(connection)),
      );
    }
  },
});
