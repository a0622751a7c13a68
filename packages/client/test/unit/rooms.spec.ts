import { createClientIn } from '../../lib/client.js';
import type { AnyRoutes } from '../../lib/route.types.js';
import { rooms } from '../../lib/rooms.js';
import { fakeSockets, SimulatedWorld } from '../support/simulated.world.js';

describe('a client in rooms with long names', () => {
  it('names as many of the last ones as servers take in a URL, and comes back', async () => {
    const world = new SimulatedWorld(() => 0.5);
    const { made, WebSocket } = fakeSockets();
    const client = createClientIn<AnyRoutes>(world, {
      url: 'ws://test',
      WebSocket,
      use: [rooms()],
    });
    const connection = client.connect('/chat');
    await world.runUntil(1);
    const [socket] = made;
    if (socket) socket.protocol = 'revali.v1';
    socket?.open();
    const name = encodeURIComponent('é'.repeat(100));
    for (let n = 0; n < 64; n += 1) socket?.receive(`j chat/${name}${n} 7.abc\n`);
    socket?.end();
    await world.runUntil(2_000);
    const { length, [length - 1]: url = '' } = made.map((each) => each.url);
    expect(length).toBe(2);
    expect(url.length).toBeLessThan(7_000);
    const places = new URL(url).searchParams.get('resume')?.split(',') ?? [];
    expect(places.length).toBeGreaterThan(3);
    expect(places.at(-1)).toBe(`chat/${name}63~7.abc`);
    connection.close();
  });
});
