import { fileURLToPath } from 'node:url';
import { startClient } from '../processes.mjs';
import { stormSubjects } from '../subjects.mjs';

const clientFile = fileURLToPath(new URL('../client/client.mjs', import.meta.url));

/** Microseconds of a millisecond. */
const MICRO = 1000;
const KIB_OF_MIB = 2 ** 10;
/** Messages a second of the one who is inside already. */
const RATE = 500;

/**
 * All at once, with a token that is verified; then all are reset, and come again. Somebody who is inside already echoes
 * meanwhile, with priority over the others on their core.
 */
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
    { key: 'inside', title: 'p99 of an echo inside, ms', digits: 1 },
    { key: 'rss', title: 'RSS at the peak, MiB', ratio: true },
  ],

  once: (subject, context) =>
    context.with(subject, async ({ server, client, target }) => {
      const count = context.sizes.crowd;
      const inside = startClient(clientFile);
      const come = async () => {
        const before = await server.ask('usage');
        const came = await client.ask({ command: 'storm', target, count });
        const after = await server.ask('usage');
        const cpuMs = after.cpuMs - before.cpuMs - came.allMs * cpuOfInside;
        return { ...came, cpu: (cpuMs * MICRO) / count };
      };
      let cpuOfInside = 0;
      try {
        client.giveWay();
        await inside.ask({ command: 'open', target, count: 1 });
        await inside.ask({ command: 'pace', wire: target.wire, rate: RATE, sleeps: true });
        cpuOfInside = (await context.observe({ server, client: inside })).busy / 100;
        await inside.ask({ command: 'resetTimes' });
        const first = await come();
        const [p99] = await inside.ask({ command: 'quantiles', wanted: [0.99] });
        await client.ask({ command: 'close' });
        const second = await come();
        const { mostKiB } = await server.ask('usage');
        return {
          all: first.allMs,
          p99: first.p99Ms,
          cpu: first.cpu,
          again: second.cpu,
          refused: first.refused + second.refused,
          inside: p99 / MICRO,
          rss: mostKiB / KIB_OF_MIB,
        };
      } finally {
        await inside.end();
      }
    }),
};
