import { costOfBroadcasts } from '../room.load.mjs';
import { keptRooms, plainRooms, roomSubjects } from '../room.subjects.mjs';

const broadcastColumns = [
  { key: 'server', title: 'CPU of all nodes a broadcast, µs', ratio: true, digits: 1 },
  { key: 'redis', title: 'of Redis, µs', digits: 1 },
  { key: 'client', title: 'of the clients, µs' },
];

const measure = (more) => ({
  base: 'ours',
  columns: broadcastColumns,
  once: (subject, context) => {
    const load = more.load(context, subject);
    return context.withRedis(subject, load.nodes, (parts) =>
      costOfBroadcasts(parts, subject, load),
    );
  },
  ...more,
});

export const oneRoom = measure({
  name: 'one-room',
  title: 'One room on 2 nodes over Redis, 50 broadcasts of 200 bytes a second',
  subjects: roomSubjects,
  columns: [
    { key: 'delivery', title: 'CPU of both nodes a delivery, µs', ratio: true, digits: 2 },
    ...broadcastColumns.slice(1),
  ],
  load: ({ sizes }) => ({ ...sizes.oneRoom, rooms: 1, nodes: 2 }),
});

export const manyRooms = measure({
  name: 'many-rooms',
  title: 'Rooms of 4 on 8 nodes over Redis, members anywhere',
  subjects: roomSubjects,
  load: ({ sizes }) => ({ ...sizes.manyRooms, nodes: 8 }),
});

const placed = (kind, nodes) =>
  kind({ name: `placed-${nodes}`, base: 'placed-2', nodes, isPlaced: true });

export const placement = measure({
  name: 'placement',
  title: 'The same with each room on one node (ratio: to 2 nodes)',
  base: 'placed-2',
  subjects: () => [placed(plainRooms, 2), placed(plainRooms, 8)],
  load: ({ sizes }, { nodes }) => ({ ...sizes.manyRooms, nodes, isPlaced: true }),
});

/** All nodes have members of all rooms, and broadcasts come as fast as they are accepted. */
export const redisCore = {
  name: 'redis-core',
  title: 'What a core of Redis delivers to 8 nodes',
  subjects: () => [plainRooms(), keptRooms()],
  columns: [
    { key: 'deliveries', title: 'deliveries a second of its CPU time' },
    { key: 'redis', title: 'CPU a broadcast, µs', digits: 1 },
  ],
  once: (subject, context) => {
    const load = { ...context.sizes.redisCore, nodes: 8, rate: 0, isOnEach: true };
    return context.withRedis(subject, load.nodes, async (parts) => {
      const cost = await costOfBroadcasts(parts, subject, load);
      return { ...cost, deliveries: (load.nodes / cost.redis) * 1e6 };
    });
  },
};
