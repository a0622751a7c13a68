import { RevaliWsMetrics } from 'nestjs-revali-ws';

import { GatewayRoomsApp } from '../../support/apps/gateway-rooms-app.js';
import { platforms } from '../../support/apps/platforms.js';
import { sizeOf } from '../../support/apps/rooms-app.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import { eventually } from '../../support/deadline.js';
import { Deflations } from '../../support/records/deflations.js';

const TEXT = 'one text that is compressed '.repeat(100);

describe.each(platforms)('Rooms and gateways, to the end ($name)', (platform) => {
  afterEach(closeAllApps);

  it.each([{}, { serverNoContextTakeover: true }])(
    'keep the order of broadcasts and answers where messages are compressed (%j)',
    async (deflate) => {
      const app = await GatewayRoomsApp.start(platform, { perMessageDeflate: deflate });
      const members = [await app.enter(), await app.enter(), await app.enter()];
      const room = app.chat.at('blue');
      for (const { socket } of members) {
        expect(socket.extensions).toContain('permessage-deflate');
        await room.join(socket);
      }
      const [first] = members;
      if (!first) throw new Error('nobody');
      for (let n = 0; n < 10; n += 1) {
        await room.broadcast(`${n} ${TEXT}`);
        for (const { socket } of members) socket.send(`${n} own`);
      }
      for (const { client } of members)
        for (let n = 0; n < 10; n += 1)
          expect([await client.text(), await client.text()]).toEqual([`${n} ${TEXT}`, `${n} own`]);
    },
  );

  it('end a client whose authentication ends, at its time', async () => {
    const app = await GatewayRoomsApp.start(platform);
    const [first, second] = [await app.enter(), await app.enter()];
    for (const { socket } of [first, second]) await app.chat.at('blue').join(socket);
    const { asked } = app.chat;
    const member = asked.find(({ socket }) => socket === first.socket);
    const other = asked.find(({ socket }) => socket === second.socket);
    if (!member || !other) throw new Error(`asked about ${asked.length} others`);
    member.expiresAt = Date.now() + 150;
    other.expiresAt = Date.now() + 150;
    other.expiresAt = undefined;
    expect(other.expiresAt).toBeUndefined();
    expect(await first.client.closed).toMatchObject({
      code: 4401,
      reason: 'Authentication expired',
    });
    expect(second.client.isOpen).toBe(true);
  });

  it('compress a broadcast once for all of them, without context takeover', async () => {
    const deflations = new Deflations();
    try {
      const perMessageDeflate = { serverNoContextTakeover: true, clientNoContextTakeover: true };
      const app = await GatewayRoomsApp.start(platform, { perMessageDeflate });
      const members = [await app.enter(), await app.enter(), await app.enter()];
      const room = app.chat.at('blue');
      for (const { socket } of members) await room.join(socket);
      await room.broadcast(TEXT);
      for (const { client } of members) expect(await client.text()).toBe(TEXT);
      expect(deflations.messages).toBe(1);
    } finally {
      deflations.stop();
    }
  });

  it('leave nothing behind when all clients are gone', async () => {
    const app = await GatewayRoomsApp.start(platform, { rooms: { leaveDelay: 10 } });
    const members = [await app.enter('?user=ann'), await app.enter('?user=bob')];
    const rooms = [app.chat.at('blue'), app.open.at('blue'), app.kept.at('blue')];
    for (const { socket } of members) for (const room of rooms) await room.join(socket);
    const metrics = app.app.app.get(RevaliWsMetrics, { strict: false });
    for (const room of rooms) expect(sizeOf(room)).toBe(2);
    for (const { client } of members) await client.close();
    await eventually(() => {
      for (const room of rooms) expect(sizeOf(room)).toBe(0);
      const left = { rooms: 0, members: 0, presence: { entries: 0 } };
      expect(metrics.snapshot().rooms).toMatchObject(left);
    }, 'empty rooms');
  });

  it('end with the application, which closes its clients with 1001', async () => {
    const app = await GatewayRoomsApp.start(platform);
    const { client, socket } = await app.enter();
    const room = app.chat.at('blue');
    await room.join(socket);
    await app.app.close();
    expect(await client.closed).toMatchObject({ code: 1001 });
    expect(sizeOf(room)).toBe(0);
  });
});
