import { Controller } from '@nestjs/common';
import {
  JoinedRoom,
  JoinRoom,
  OnClose,
  OnMessage,
  Room,
  TooManyRoomsException,
  WebSocket,
  WebSocketController,
  WebSocketConnection,
} from 'nestjs-revali-ws';

import { platforms } from '../../support/apps/platforms.js';
import { ChatRooms, OtherRooms, RoomsApp, sizeOf } from '../../support/apps/rooms-app.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import { upgradeStatus } from '../../support/clients/upgrade-status.js';
import { eventually } from '../../support/deadline.js';

@Controller('joins')
class JoinsController {
  @JoinRoom(ChatRooms, ({ params, handshake }) => [
    String(params['one']),
    'all',
    String(handshake.query['also']),
  ])
  @WebSocket('several/:one')
  several(room: Room): string {
    return room.name;
  }

  @JoinRoom(ChatRooms, 'team-:id')
  @WebSocket('teams/:id')
  team(room: Room): string {
    return room.name;
  }

  @JoinRoom(ChatRooms, () => [])
  @WebSocket('none')
  none(room: Room | undefined): string {
    return `${room?.name}`;
  }
}

@Controller('joins')
class TwoKindsController {
  @JoinRoom(ChatRooms, ':id')
  @JoinRoom(OtherRooms, 'other-:id')
  @WebSocket('two/:id')
  two(@JoinedRoom(OtherRooms) other: Room, @JoinedRoom(ChatRooms) chat: Room): string {
    return `${chat.name} ${other.name}`;
  }
}

const closings: string[] = [];

@JoinRoom(ChatRooms, ':id')
@WebSocketController('class/:id')
class ClassController {
  @OnMessage('say')
  async say(room: Room, connection: WebSocketConnection): Promise<void> {
    await room.broadcast(`${room.name} ${room.has(connection)}`);
  }

  @OnClose()
  bye(room: Room): void {
    closings.push(`${room.name} ${sizeOf(room)}`);
  }
}

const setup = { controllers: [JoinsController, ClassController] };

describe.each(platforms)('Members of rooms ($name)', (platform) => {
  afterEach(closeAllApps);

  it('are none where they leave before they are in', async () => {
    const app = await RoomsApp.start(platform);
    const { connection, client } = await app.enter('free');
    const room = app.chat.at('blue');
    let allow = (): void => undefined;
    app.chat.verdict = () => new Promise((resolve) => (allow = () => resolve(true)));
    const joining = room.join(connection);
    room.leave(connection);
    allow();
    await joining;
    expect(room.has(connection)).toBe(false);
    expect(sizeOf(room)).toBe(0);
    app.chat.verdict = () => true;
    await room.join(connection);
    await room.broadcast('hi');
    expect(await client.text()).toBe('hi');
  });

  it.each([
    ['closes', (): void => undefined, 'close'],
    ['is cut off', (): void => undefined, 'terminate'],
    ['is closed by the server', ({ close }: { close: () => void }): void => close(), undefined],
  ] as const)('leave by themselves when the client %s', async (_how, end, method) => {
    const app = await RoomsApp.start(platform);
    const [ann, bob] = await app.enterAll(2, 'chat/blue');
    const room = app.chat.at('blue');
    expect(sizeOf(room)).toBe(2);
    if (method) void ann?.client[method]();
    else end({ close: () => ann?.connection.close(4000, 'Bye') });
    await eventually(() => expect(sizeOf(room)).toBe(1), 'one member');
    expect(ann && room.has(ann.connection)).toBe(false);
    await room.broadcast('still here');
    expect(await bob?.client.text()).toBe('still here');
  });

  it('join and leave as often as they like, and join twice without effect', async () => {
    const app = await RoomsApp.start(platform);
    const { client, connection } = await app.enter();
    const room = app.chat.at('blue');
    expect(room.has(connection)).toBe(false);
    const first = await room.join(connection);
    const second = await room.join(connection);
    expect(sizeOf(room)).toBe(1);
    expect(room.has(connection)).toBe(true);
    expect(app.chat.at('blue').has(connection)).toBe(true);
    expect(first.room.name).toBe('blue');
    await room.broadcast('once');
    second.leave();
    expect(room.has(connection)).toBe(false);
    first.leave();
    room.leave(connection);
    await room.broadcast('to nobody');
    await room.join(connection);
    await room.broadcast('again');
    expect([await client.text(), await client.text()]).toEqual(['once', 'again']);
    expect(client.received).toBe(2);
    expect([...room.local]).toEqual([connection]);
  });

  it('are members once where they join twice at the same time', async () => {
    const app = await RoomsApp.start(platform);
    const { client, connection } = await app.enter();
    const room = app.chat.at('blue');
    await Promise.all([room.join(connection), room.join(connection), room.join(connection)]);
    await room.broadcast('once');
    room.leave(connection);
    expect(sizeOf(room)).toBe(0);
    await room.broadcast('never');
    connection.close();
    await client.closed;
    expect(client.received).toBe(1);
  });

  it('leave what they never joined, without effect', async () => {
    const app = await RoomsApp.start(platform);
    const [ann, bob] = [await app.enter(), await app.enter('chat/blue')];
    const room = app.chat.at('blue');
    room.leave(ann.connection);
    app.chat.at('unknown').leave(ann.connection);
    expect([...room.local]).toEqual([bob.connection]);
    expect(app.chat.at('unknown').has(ann.connection)).toBe(false);
  });

  it('are no connections that have ended, though they were in a room before', async () => {
    const app = await RoomsApp.start(platform);
    const { client, connection } = await app.enter('chat/blue');
    const room = app.chat.at('blue');
    await client.close();
    await eventually(() => expect(sizeOf(room)).toBe(0), 'nobody');
    await room.join(connection).catch(() => undefined);
    expect(sizeOf(room)).toBe(0);
    expect(room.has(connection)).toBe(false);
  });

  it('are no connections that have ended and were in no room before', async () => {
    const app = await RoomsApp.start(platform);
    const { client, connection } = await app.enter();
    const room = app.chat.at('blue');
    await client.close();
    await eventually(() => expect(connection.isOpen).toBe(false), 'the end');
    await room.join(connection).catch(() => undefined);
    expect(sizeOf(room)).toBe(0);
    expect(room.has(connection)).toBe(false);
  });

  it('are nothing but connections', async () => {
    const app = await RoomsApp.start(platform);
    const room = app.chat.at('blue');
    for (const value of [undefined, null, {}, 'id', { deliver: 1 }]) {
      const stranger = value as unknown as WebSocketConnection;
      await expect(room.join(stranger)).rejects.toThrow(TypeError);
    }
    expect(sizeOf(room)).toBe(0);
  });

  it('are refused where they may not enter', async () => {
    const app = await RoomsApp.start(platform);
    const member = await app.enter();
    app.chat.verdict = (_connection, room) => Promise.resolve(room !== 'secret');
    app.actOf(member, (connection) => app.chat.at('secret').join(connection));
    expect(await member.client.closed).toMatchObject({ code: 1008, reason: 'Forbidden room' });
    expect(sizeOf(app.chat.at('secret'))).toBe(0);
  });

  it('are in as many rooms as they may be', async () => {
    const forRoot = { rooms: { maxRoomsPerConnection: 2 } };
    const app = await RoomsApp.start(platform, forRoot, setup);
    expect(await upgradeStatus(app.app, '/joins/several/a?also=b')).toBe(429);
    expect(await upgradeStatus(app.app, '/joins/several/a?also=all')).toBe(101);
    await eventually(() => expect(sizeOf(app.chat.at('all'))).toBe(0), 'nobody');
    const member = await app.enter();
    const { connection } = member;
    await app.chat.at('1').join(connection);
    const second = await app.other.at('1').join(connection);
    await expect(app.chat.at('2').join(connection)).rejects.toThrow(TooManyRoomsException);
    await app.chat.at('1').join(connection);
    second.leave();
    await app.chat.at('2').join(connection);
    app.actOf(member, (one) => app.chat.at('3').join(one));
    expect(await member.client.closed).toMatchObject({ code: 1008, reason: 'More than 2 rooms' });
  });

  it('are in no more rooms than they may be where they join several at once', async () => {
    const app = await RoomsApp.start(platform, { rooms: { maxRoomsPerConnection: 2 } });
    const { connection } = await app.enter();
    const rooms = ['1', '2', '3', '4'].map((name) => app.chat.at(name));
    const outcomes = await Promise.allSettled(rooms.map((room) => room.join(connection)));
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'rejected',
    ]);
    expect(rooms.filter((room) => room.has(connection))).toHaveLength(2);
  });

  it('join several rooms of one kind, and handlers get the first', async () => {
    const app = await RoomsApp.start(platform, {}, setup);
    const ann = await app.app.connect('/joins/several/one?also=two');
    ann.send('');
    expect(await ann.text()).toBe('one');
    for (const name of ['one', 'all', 'two']) await app.chat.at(name).broadcast(name);
    expect([await ann.text(), await ann.text(), await ann.text()]).toEqual(['one', 'all', 'two']);
    const none = await app.app.connect('/joins/none');
    none.send('');
    expect(await none.text()).toBe('undefined');
  });

  it('join rooms by a template', async () => {
    const app = await RoomsApp.start(platform, {}, setup);
    const ann = await app.app.connect('/joins/teams/7');
    ann.send('');
    expect(await ann.text()).toBe('team-7');
    expect(sizeOf(app.chat.at('team-7'))).toBe(1);
  });

  it('join rooms of several kinds, told apart by their class', async () => {
    const app = await RoomsApp.start(platform, {}, { controllers: [TwoKindsController] });
    const ann = await app.app.connect('/joins/two/7');
    ann.send('');
    expect(await ann.text()).toBe('7 other-7');
    await app.other.at('7').broadcast('to nobody');
    await app.other.at('other-7').broadcast('other');
    await app.chat.at('7').broadcast('chat');
    expect([await ann.text(), await ann.text()]).toEqual(['other', 'chat']);
  });

  it('join by the class of a controller of messages, which gets the room to the end', async () => {
    const app = await RoomsApp.start(platform, {}, setup);
    closings.length = 0;
    const ann = await app.app.connect('/class/7');
    ann.sendJson({ type: 'say' });
    expect(await ann.text()).toBe('7 true');
    await ann.close();
    await eventually(() => expect(closings).toHaveLength(1), '@OnClose()');
    expect(closings[0]).toMatch(/^7 /);
  });
});
