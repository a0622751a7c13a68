import { stormSubjects } from '../subjects.mjs';

/** Microseconds of a millisecond. */
const MICRO = 1000;
const MIB = 2 ** 20;

/** All at once, with a token that is verified; then all are reset, and come again. */
export const storm = {
  name: 'storm',
  title: '10,000 clients with a JWT that connect at once, are reset, and connect again',
  base: 'ws-jwt',
  subjects: () => stormSubjects,
  columns: [
    { key: 'all', title: 'ms until all are in', ratio: true },
    { key: 'p99', title: 'p99, ms', ratio: true },
    { key: 'cpu', title: 'server CPU of a handshake, µs', ratio: true },
    { key: 'again', title: 'the second time, µs', ratio: true },
    { key: 'refused', title: 'refused with 503' },
    { key: 'rss', title: 'RSS afterwards, MiB', ratio: true },
  ],

  once: (subject, context) =>
    context.with(subject, async ({ server, client, target }) => {
      const count = context.sizes.crowd;
      const come = async () => {
        const before = await server.ask('usage');
        const came = await client.ask({ command: 'storm', target, count });
        const after = await server.ask('usage');
        return { ...came, cpu: ((after.cpuMs - before.cpuMs) * MICRO) / count };
      };
      const first = await come();
      await client.ask({ command: 'close' });
      const second = await come();
      const { rss } = await server.ask('memory');
      return {
        all: first.allMs,
        p99: first.p99Ms,
        cpu: first.cpu,
        again: second.cpu,
        refused: first.refused + second.refused,
        rss: rss / MIB,
      };
    }),
};
