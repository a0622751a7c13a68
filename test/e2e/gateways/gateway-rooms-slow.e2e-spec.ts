import type { BackpressureOptions, Room, Rooms } from 'nestjs-revali-ws';

import {
  DroppingRooms,
  GatewayRoomsApp,
  KeptRooms,
  ChatRooms,
} from '../../support/apps/gateway-rooms-app.js';
import { platforms } from '../../support/apps/platforms.js';
import { sizeOf } from '../../support/apps/rooms-app.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import { eventually } from '../../support/deadline.js';

/** More than the buffers of a kernel take, in messages of this size. */
const CHUNK = 128 * 1024;
const BURST = 200;

/** Told apart by its number. */
function chunk(n: number): Buffer {
  const bytes = Buffer.alloc(CHUNK);
  bytes.writeUInt32BE(n);
  return bytes;
}

describe.each(platforms)('Slow clients of gateways in rooms ($name)', (platform) => {
  afterEach(closeAllApps);

  /** A client that reads, and one that does not, and more for both than the kernel takes. */
  async function burst(kind: new (...args: never[]) => Rooms, options: BackpressureOptions) {
    const app = await GatewayRoomsApp.start(platform, {
      backpressure: { highWaterMark: CHUNK, timeout: '1m', ...options },
      closeTimeout: 200,
    });
    const [slow, fast] = [await app.enter(), await app.enter()];
    const room: Room = app.app.app.get(kind).at('blue');
    for (const { socket } of [slow, fast]) await room.join(socket);
    slow.client.pause();
    let most = 0;
    for (let n = 0; n < BURST; n += 1) {
      await room.broadcast(chunk(n));
      expect((await fast.client.binary()).readUInt32BE()).toBe(n);
      most = Math.max(most, slow.socket.bufferedAmount);
    }
    return { app, slow, fast, room, most };
  }

  it.each([
    ["the mark is passed (policy 'close')", { policy: 'close' }, 2],
    ["16 marks are full (policy 'wait')", { policy: 'wait' }, 17],
  ] as const)(
    'are closed with 1008 where %s, and the others go on',
    async (_when, options, marks) => {
      const { slow, fast, room, most } = await burst(ChatRooms, options);
      expect(most).toBeGreaterThan((marks - 2) * CHUNK);
      expect(most).toBeLessThan(marks * CHUNK + 10_000);
      await eventually(() => expect(sizeOf(room)).toBe(1), 'one member');
      slow.client.resume();
      expect((await slow.client.closed).code).not.toBe(1000);
      await room.broadcast('end');
      expect(await fast.client.text()).toBe('end');
    },
  );

  it("are closed with 1008 where they take nothing for 'timeout'", async () => {
    const { room } = await burst(ChatRooms, {
      policy: 'wait',
      timeout: 100,
      highWaterMark: CHUNK * 20,
    });
    await eventually(() => expect(sizeOf(room)).toBe(1), 'one member');
  });

  it('miss messages where the kind says so, whatever the adapter does', async () => {
    const { slow, room, most } = await burst(DroppingRooms, { policy: 'close' });
    expect(most).toBeLessThan(2 * CHUNK + 10_000);
    slow.client.resume();
    await eventually(() => expect(slow.socket.bufferedAmount).toBe(0), 'an empty queue');
    await room.broadcast('end');
    for (let last = await slow.client.next(); last.isBinary;) last = await slow.client.next();
    expect(slow.client.received).toBeLessThan(BURST);
  });

  it('catch up with what is kept, in order and without a hole, and nothing is queued meanwhile', async () => {
    const app = await GatewayRoomsApp.start(platform, {
      backpressure: { highWaterMark: CHUNK, timeout: '1m', policy: 'close' },
    });
    const { client, socket } = await app.enter();
    const room = app.app.app.get(KeptRooms).at('blue');
    await room.join(socket);
    client.pause();
    let sent = 0;
    await eventually(async () => {
      await room.broadcast(chunk(sent));
      sent += 1;
      expect(socket.bufferedAmount).toBeGreaterThan(CHUNK);
    }, 'the mark to be passed');
    for (let more = 0; more < 30; more += 1, sent += 1) await room.broadcast(chunk(sent));
    expect(socket.bufferedAmount).toBeLessThan(2 * CHUNK + 10_000);
    client.resume();
    for (let n = 0; n < sent; n += 1) expect((await client.binary()).readUInt32BE()).toBe(n);
    await room.broadcast('end');
    expect(await client.text()).toBe('end');
  });
});
