import { plainRooms } from '../room.subjects.mjs';

export const roomLatency = {
  name: 'room-latency',
  title: 'From a broadcast to another node of the process, 100 a second',
  base: 'ioredis',
  subjects: () => [{ name: 'ioredis', server: 'bare-redis', args: [] }, plainRooms()],
  columns: [
    { key: 'p50', title: 'p50, ms', digits: 2 },
    { key: 'p99', title: 'p99, ms', digits: 2 },
  ],
  once: (subject, context) =>
    context.withRedis(subject, 2, ({ server }) =>
      server.ask({ command: 'latency', kind: subject.kind, ...context.sizes.roomLatency }),
    ),
};
