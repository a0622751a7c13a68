import { getEventListeners } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createClientIn } from '../../lib/client.js';
import type { AnyRoutes } from '../../lib/route.types.js';
import { fakeSockets, SimulatedWorld } from '../support/simulated.world.js';

function start() {
  const world = new SimulatedWorld(() => 0.5);
  const { made, WebSocket } = fakeSockets();
  return { world, made, client: createClientIn<AnyRoutes>(world, { url: 'ws://test', WebSocket }) };
}

describe('what a client listens to', () => {
  it('has none of its listeners on a signal once its connections are closed', async () => {
    const { client } = start();
    const { signal } = new AbortController();
    const connections = Array.from({ length: 10 }, () => client.connect('/echo', { signal }));
    await new Promise((resolve) => setImmediate(resolve));
    setFlagsFromString('--expose-gc');
    // Node keeps only the last of the listeners that wait for another signal.
    runInNewContext('gc()');
    for (const connection of connections) connection.close();
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('cuts no waits of a page for longer, where the clock is put back', async () => {
    const page = new EventTarget();
    const heard = page.addEventListener.bind(page);
    Object.assign(globalThis, { addEventListener: heard });
    try {
      const { world, made, client } = start();
      world.time = 3_600_000;
      const connection = client.connect('/echo');
      page.dispatchEvent(new Event('online'));
      world.sleep(-3_600_000);
      const waits: (number | undefined)[] = [];
      connection.on('close', ({ retryIn }) => waits.push(retryIn));
      await world.runUntil(world.time + 1);
      made[0]?.end();
      expect(waits).toEqual([1_100]);
      connection.close();
    } finally {
      Reflect.deleteProperty(globalThis, 'addEventListener');
    }
  });
});
