import { plainRooms } from '../room.subjects.mjs';

/** At most 64 of a connection. */
const EACH = 50;

const rooms = (name, together) => plainRooms({ name, together, wire: {} });

export const memberships = {
  name: 'memberships',
  title: `Memory of idle memberships, ${EACH} a connection, over Redis`,
  subjects: () => [rooms('rooms-of-10', 10), rooms('rooms-of-one', 1)],
  columns: [
    { key: 'heap', title: 'heap and buffers a membership, bytes' },
    { key: 'count', title: 'memberships' },
  ],
  once: (subject, context) =>
    context.withRedis(subject, 1, async ({ server, client, target }) => {
      const count = context.sizes.memberships;
      const [port] = target.port;
      const targets = Array.from({ length: count }, () => ({ port, path: '/idle' }));
      await client.ask({ command: 'listen', targets, wire: {} });
      const before = await server.ask('memory');
      await server.ask({ command: 'enter', each: EACH, together: subject.together });
      const after = await server.ask('memory');
      return { heap: (after.heap - before.heap) / (count * EACH), count: count * EACH };
    }),
};
