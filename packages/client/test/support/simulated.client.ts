import type { ClientOptions } from 'nestjs-revali-ws-client';
import { createClientIn } from '../../lib/client.js';
import type { AnyRoutes } from '../../lib/route.types.js';
import { fakeSockets, SimulatedWorld } from './simulated.world.js';

/** A connection by a simulated clock, with the sockets and the waits that it had. */
export function start(options: Partial<ClientOptions> = {}, random: () => number = () => 0.5) {
  const world = new SimulatedWorld(random);
  const { made, WebSocket } = fakeSockets();
  const client = createClientIn<AnyRoutes>(world, { url: 'ws://test', WebSocket, ...options });
  const connection = client.connect('/echo');
  const waits: (number | undefined)[] = [];
  connection.on('close', ({ retryIn }) => waits.push(retryIn));
  const run = (ms: number): Promise<void> => world.runUntil(world.time + ms);
  const last = () => {
    const socket = made.at(-1);
    if (!socket) throw new Error('There is no socket.');
    return socket;
  };
  return { world, made, connection, waits, run, last };
}
