import { layOut, targetsOf } from '../room.load.mjs';
import { keptRooms } from '../room.subjects.mjs';

const OVER_MS = 2_000;
const MISSED = 20;

const movedOn = ({ node, room }) => ({ node: 1 - node, room });

export const resumeStorm = {
  name: 'resume-storm',
  title: `All clients come back within ${OVER_MS / 1000} s, each to the other of 2 nodes, with ${MISSED} messages missed`,
  subjects: () => [keptRooms({ base: undefined })],
  columns: [
    { key: 'cpu', title: 'CPU of both nodes a client, µs' },
    { key: 'p50', title: 'until it has all, p50, ms', digits: 1 },
    { key: 'p99', title: 'p99, ms', digits: 1 },
    { key: 'clients', title: 'clients' },
  ],
  once: (subject, context) =>
    context.withRedis(subject, 2, async ({ server, client, target }) => {
      const { rooms, members } = context.sizes.resumeStorm;
      const { kind, pathOf } = subject;
      const { seats, places } = layOut({ rooms, members, nodes: 2 });
      const targetsAt = (at) => targetsOf(at, { ...target, pathOf });
      await client.ask({ command: 'leaveRooms', targets: targetsAt(seats) });
      await server.ask({ command: 'broadcast', kind, places, count: rooms * MISSED, rate: 0 });
      const before = await server.ask('usage');
      const [p50, p99] = await client.ask({
        command: 'resumeRooms',
        targets: targetsAt(seats.map(movedOn)),
        overMs: OVER_MS,
        missed: MISSED,
        wanted: [0.5, 0.99],
      });
      const after = await server.ask('usage');
      const cpu = ((after.cpuMs - before.cpuMs) * 1000) / seats.length;
      return { cpu, p50, p99, clients: seats.length };
    }),
};
