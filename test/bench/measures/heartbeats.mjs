import { setTimeout as sleep } from 'node:timers/promises';
import { heartbeatSubjects, PING_INTERVAL } from '../subjects.mjs';
import { openable } from './memory.mjs';

/** Microseconds of a millisecond. */
const MICRO = 1000;
/** Milliseconds after many connections were opened until their garbage is gone. */
const SETTLING = 3_000;

/** What a process with many idle connections does anyway, and what it costs to tell them all something. */
export const heartbeats = {
  name: 'heartbeats',
  title: 'Heartbeats, garbage and a broadcast of many connections',
  base: 'ws',
  subjects: () => heartbeatSubjects,
  columns: [
    { key: 'count', title: 'connections' },
    { key: 'round', title: 'server CPU of a round of pings, ms' },
    { key: 'ping', title: 'of a ping, µs', ratio: true, digits: 1 },
    { key: 'stall', title: 'longest turn of the event loop, ms', digits: 1 },
    { key: 'minor', title: 'minor collection, ms', digits: 1 },
    { key: 'major', title: 'full collection, ms' },
    { key: 'told', title: 'ms until all are told' },
    { key: 'delivery', title: 'server CPU of a delivery, µs', ratio: true, digits: 1 },
  ],

  once: (subject, context) =>
    context.with(subject, async ({ server, client, target }) => {
      const count = openable('many', subject, context);
      await client.ask({ command: 'open', target, count, answers: true });
      await sleep(context.durations.warmUp * 1000 + SETTLING);

      await server.ask('watchPauses');
      const began = await usages(server, client);
      await sleep(context.sizes.pingIntervals * PING_INTERVAL);
      const ended = await usages(server, client);
      const pings = ended.client.pings - began.client.pings;
      if (pings === 0) throw new Error('no pings came');
      const ping = ((ended.server.cpuMs - began.server.cpuMs) * MICRO) / pings;
      const pauses = await server.ask('pauses');

      const before = await server.ask('usage');
      const { ms } = await client.ask({ command: 'tellOnce', trigger: target.wire.message });
      const after = await server.ask('usage');
      const delivery = ((after.cpuMs - before.cpuMs) * MICRO) / count;
      return { count, ping, round: (ping * count) / MICRO, ...pauses, told: ms, delivery };
    }),
};

const usages = async (server, client) => ({
  server: await server.ask('usage'),
  client: await client.ask({ command: 'usage' }),
});
