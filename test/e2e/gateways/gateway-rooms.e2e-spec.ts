import { WebSocketGateway } from '@nestjs/websockets';
import { Rooms } from 'nestjs-revali-ws';
import type { WebSocket } from 'ws';

import { startApp } from '../../support/apps/app-factory.js';
import { platforms } from '../../support/apps/platforms.js';
import { GatewayRoomsApp } from '../../support/apps/gateway-rooms-app.js';
import { sizeOf } from '../../support/apps/rooms-app.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import { eventually } from '../../support/deadline.js';

describe.each(platforms)('Clients of gateways in rooms ($name)', (platform) => {
  afterEach(closeAllApps);

  it('are told what a handler of the gateway and a service broadcast, as connections of routes are', async () => {
    const app = await GatewayRoomsApp.start(platform);
    const [ann, bob] = [await app.enter(), await app.enter()];
    const route = await app.app.connect('/route/blue');
    const room = app.chat.at('blue');
    for (const { socket } of [ann, bob]) await room.join(socket);
    expect(sizeOf(room)).toBe(3);
    ann.client.sendJson({ event: 'say', data: 'hi' });
    const said = { event: 'said', data: 'hi' };
    expect(await bob.client.json()).toEqual(said);
    expect(await route.json()).toEqual(said);
    expect([await ann.client.json(), await ann.client.json()]).toEqual([
      said,
      { event: 'answer', data: 'hi' },
    ]);
    await app.news.tell('blue', { event: 'news' });
    for (const client of [ann.client, bob.client, route])
      expect(await client.json()).toEqual({ event: 'news' });
    await app.news.tell('blue', Buffer.from([1, 2]));
    expect([...(await ann.client.binary())]).toEqual([1, 2]);
    await app.news.tell('blue', 'bare');
    expect(await ann.client.text()).toBe('bare');
  });

  it('get broadcasts and answers in the order in which they were sent', async () => {
    const app = await GatewayRoomsApp.start(platform);
    const { client, socket } = await app.enter();
    const room = app.chat.at('blue');
    await room.join(socket);
    app.gateway.act = async (_client, data) => {
      void room.broadcast(`before ${String(data)}`);
      await room.broadcast(`during ${String(data)}`);
      return { data };
    };
    for (let n = 0; n < 20; n += 1) client.sendJson({ event: 'act', data: n });
    const seen: string[] = [];
    for (let n = 0; n < 60; n += 1) seen.push(await client.text());
    for (let n = 0; n < 20; n += 1) {
      const own = seen.filter((text) => new RegExp(`[ :]${n}}?$`).test(text));
      expect(own).toEqual([`before ${n}`, `during ${n}`, `{"data":${n}}`]);
    }
  });

  it.each([
    ['closes', (client: { close(): unknown }) => client.close(), undefined],
    ['is cut off', (client: { terminate(): unknown }) => client.terminate(), undefined],
    ['is closed by the gateway', undefined, (socket: WebSocket) => socket.close(4000, 'Bye')],
  ] as const)('leave by themselves when the client %s', async (_how, byClient, byGateway) => {
    const app = await GatewayRoomsApp.start(platform);
    const [ann, bob] = [await app.enter(), await app.enter()];
    const room = app.chat.at('blue');
    for (const { socket } of [ann, bob]) await room.join(socket);
    expect(room.has(ann.socket)).toBe(true);
    byClient?.(ann.client);
    byGateway?.(ann.socket);
    await eventually(() => expect(sizeOf(room)).toBe(1), 'one member');
    expect(room.has(ann.socket)).toBe(false);
    await room.join(ann.socket);
    expect(room.has(ann.socket)).toBe(false);
    await room.broadcast('still here');
    expect(await bob.client.text()).toBe('still here');
  });

  it('leave when they are asked to, and are excepted as themselves and by their ids', async () => {
    const app = await GatewayRoomsApp.start(platform);
    const [ann, bob, cat] = [await app.enter(), await app.enter(), await app.enter()];
    const room = app.chat.at('blue');
    await room.join(ann.socket);
    const { connection } = await room.join(bob.socket);
    const membership = await room.join(cat.socket);
    expect(connection.id).toMatch(/^[\da-f-]{36}$/);
    expect(connection.socket).toBe(bob.socket);
    await room.broadcast('not to ann', { except: ann.socket });
    await room.broadcast('not to bob', { except: [connection.id] });
    membership.leave();
    await room.broadcast('here', { local: true });
    expect([await ann.client.text(), await ann.client.text()]).toEqual(['not to bob', 'here']);
    expect([await bob.client.text(), await bob.client.text()]).toEqual(['not to ann', 'here']);
    expect([await cat.client.text(), await cat.client.text()]).toEqual([
      'not to ann',
      'not to bob',
    ]);
    room.leave(ann.socket);
    expect([...room.local].map(({ socket }) => socket)).toEqual([bob.socket]);
    await cat.client.expectNothing();
  });

  it('are expelled by their ids, and closed with a code', async () => {
    const app = await GatewayRoomsApp.start(platform);
    const [ann, bob] = [await app.enter(), await app.enter()];
    const room = app.chat.at('blue');
    const { connection: first } = await room.join(ann.socket);
    const { connection: second } = await room.join(bob.socket);
    await room.expel({ connection: first.id }, { code: 4003, reason: 'Expelled' });
    await room.expel({ connection: second.id });
    expect(await ann.client.closed).toMatchObject({ code: 4003, reason: 'Expelled' });
    expect(sizeOf(room)).toBe(0);
    expect(bob.client.isOpen).toBe(true);
    expect(() => first.close(1005)).toThrow(/1005/);
  });

  it('are known to authorize() and memberOf() as connections, with request and socket', async () => {
    const app = await GatewayRoomsApp.start(platform);
    const { client, socket } = await app.enter('?user=ann', { headers: { 'x-team': 'blue' } });
    await expect(app.chat.at('secret').join(socket)).rejects.toThrow('Forbidden room');
    const [asked] = app.chat.asked;
    expect(asked?.socket).toBe(socket);
    expect(asked?.headers['x-team']).toBe('blue');
    expect(asked?.request.url).toBe('/gate?user=ann');
    const room = app.open.at('blue');
    await room.join(socket);
    expect(await room.presence()).toEqual([
      { key: 'ann', member: { name: 'ann of blue' }, connections: 1 },
    ]);
    await client.close();
    await eventually(async () => expect(await room.presence()).toEqual([]), 'nobody');
  });

  it('get the newest messages of a room first, where they ask for them', async () => {
    const app = await GatewayRoomsApp.start(platform);
    const room = app.kept.at('blue');
    for (const message of ['one', 'two', 'three']) await room.broadcast(message);
    const { client, socket } = await app.enter();
    const { position } = await room.join(socket, { replay: 2 });
    await room.broadcast('four');
    expect([await client.text(), await client.text(), await client.text()]).toEqual([
      'two',
      'three',
      'four',
    ]);
    const again = await app.enter();
    const { recovered } = await room.join(again.socket, position ? { after: position } : {});
    expect(recovered).toBe(true);
    expect(await again.client.text()).toBe('four');
  });

  it('have a connection that sends, and tells of its end', async () => {
    const app = await GatewayRoomsApp.start(platform);
    const { client, socket } = await app.enter();
    const { connection } = await app.chat.at('blue').join(socket);
    const ends: string[] = [];
    connection.onClose(() => ends.push('closed'));
    const { signal } = connection;
    await connection.send({ event: 'hi' });
    await connection.send('text');
    await connection.send(connection.prepare({ n: 1 }));
    expect([await client.text(), await client.text(), await client.text()]).toEqual([
      '{"event":"hi"}',
      '"text"',
      '{"n":1}',
    ]);
    expect([connection.isOpen, signal.aborted]).toEqual([true, false]);
    connection.send(() => undefined).catch(() => undefined);
    expect(await client.closed).toMatchObject({ code: 1011 });
    expect(ends).toEqual(['closed']);
    expect([connection.isOpen, signal.aborted]).toEqual([false, true]);
  });

  it('are no other sockets of ws, which are refused with what to do about it', async () => {
    const app = await GatewayRoomsApp.start(platform);
    const room = app.chat.at('blue');
    const { client, socket } = await app.enter();
    await room.join(socket);
    const stranger = client.socket;
    const cure = /clients of gateways that RevaliWsAdapter serves.*useWebSocketAdapter/;
    await expect(room.join(stranger)).rejects.toThrow(cure);
    expect(() => room.has(stranger)).toThrow(cure);
    expect(() => room.leave(stranger)).toThrow(cure);
    await expect(room.broadcast('x', { except: stranger })).rejects.toThrow('except: use');
  });
});

describe.each(platforms)('Clients of gateways without rooms of their kind ($name)', (platform) => {
  afterEach(closeAllApps);

  it('keep no request, and say so to whoever reads it', async () => {
    const clients: WebSocket[] = [];
    @WebSocketGateway({ path: '/gate' })
    class PlainGateway {
      handleConnection(client: WebSocket): void {
        clients.push(client);
      }
    }
    const app = await startApp(platform, { providers: [PlainGateway] });
    const room = app.app.get(Rooms).at('blue');
    const client = await app.connect('/gate');
    const [socket] = clients;
    if (!socket) throw new Error('nobody has come');
    const { connection } = await room.join(socket);
    await room.broadcast('hi');
    expect(await client.text()).toBe('hi');
    const cure = /Provide one, or keep what you need/;
    expect(() => connection.request).toThrow(cure);
    expect(() => connection.handshake).toThrow(cure);
    expect([connection.protocol, connection.data]).toEqual(['', {}]);
  });
});
