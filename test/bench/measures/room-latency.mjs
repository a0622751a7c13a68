import { plainRooms } from '../room.subjects.mjs';

export const roomLatency = {
  name: 'room-latency',
  title: 'From a broadcast to another node of the process, 100 a second, in turn with bare ioredis',
  subjects: () => [plainRooms()],
  columns: [
    { key: 'p50', title: 'p50, ms', digits: 2 },
    { key: 'p99', title: 'p99, ms', digits: 2 },
    { key: 'bareP50', title: 'ioredis, p50, ms', digits: 2 },
    { key: 'bareP99', title: 'p99, ms', digits: 2 },
  ],
  once: (subject, context) =>
    context.withRedis(subject, 2, async ({ server }) => {
      const [bare, rooms] = await server.ask({ command: 'latency', ...context.sizes.roomLatency });
      return { ...rooms, bareP50: bare.p50, bareP99: bare.p99 };
    }),
};
