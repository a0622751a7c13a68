import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { startClient, startServer } from './processes.mjs';
import { BenchRedis } from './redis.mjs';

const clientFile = fileURLToPath(new URL('client/client.mjs', import.meta.url));

/** What measures share: how long and how big, and one server with its load at a time. */
export class BenchContext {
  /**
   * @param folder Where the compiled servers are.
   * @param durations Of warm-up and measurement, in seconds.
   * @param sizes See sizes.mjs.
   */
  constructor({ folder, durations, sizes }) {
    this.folder = folder;
    this.durations = durations;
    this.sizes = sizes;
  }

  /** Runs a server of its own, and a client of its own, for one sample. */
  async with({ server, args, path, wire }, sample) {
    const child = startServer(join(this.folder, `${server}.js`), args, this.folder);
    const client = startClient(clientFile);
    try {
      const { port, bootMs } = await child.answer();
      return await sample({ server: child, client, bootMs, target: { port, path, wire } });
    } finally {
      await Promise.all([client.end(), child.end()]);
    }
  }

  /** The same beside a Redis of its own, for servers of so many nodes. */
  async withRedis(subject, nodes, sample) {
    const redis = await BenchRedis.start();
    const args = [...subject.args, '--redis', `${redis.port}`, '--nodes', `${nodes}`];
    try {
      return await this.with({ ...subject, args }, (pair) => sample({ ...pair, redis }));
    } finally {
      await redis.end();
    }
  }

  /** @returns What the load that is under way costs, once it is warm. */
  async observe({ server, client }, onWarm = async () => undefined) {
    await sleep(this.durations.warmUp * 1000);
    await onWarm();
    const before = await usages(server, client);
    await sleep(this.durations.measure * 1000);
    return difference(before, await usages(server, client));
  }
}

const usages = async (server, client) => ({
  server: await server.ask('usage'),
  client: await client.ask({ command: 'usage' }),
});

function difference(before, after) {
  const elapsed = (who) => after[who].atMs - before[who].atMs;
  const cpu = (who) => after[who].cpuMs - before[who].cpuMs;
  const replies = after.client.replies - before.client.replies;
  if (replies === 0) throw new Error('no answers came');
  return {
    rate: replies / (elapsed('client') / 1000),
    cpu: (cpu('server') / replies) * 100_000,
    busy: (cpu('server') / elapsed('server')) * 100,
    load: (cpu('client') / elapsed('client')) * 100,
  };
}
