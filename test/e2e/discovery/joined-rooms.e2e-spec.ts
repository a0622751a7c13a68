import { Controller } from '@nestjs/common';
import { SerializedGraph } from '@nestjs/core';
import {
  JoinRoom,
  OnMessage,
  Rooms,
  WebSocket,
  WebSocketController,
  WebSocketRooms,
  WebSocketRoutes,
} from 'nestjs-revali-ws';

import { startApp } from '../../support/apps/app-factory.js';
import { createApp } from '../../support/apps/factory-app.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';

@WebSocketRooms('chat')
class ChatRooms extends Rooms {}

@Controller()
class ChatController {
  @JoinRoom(ChatRooms, 'team-:room')
  @JoinRoom(Rooms, () => ['one', 'two'])
  @JoinRoom(ChatRooms, 'lobby')
  @WebSocket('chat/:room')
  chat(): void {}

  @WebSocket('echo')
  echo(): void {}
}

@JoinRoom(ChatRooms, 'typed')
@WebSocketController('typed')
class TypedController {
  @OnMessage('say')
  say(): void {}
}

const setup = { controllers: [ChatController, TypedController], providers: [ChatRooms] };
const JOINED = [
  { kind: 'chat', names: 'team-:room' },
  { kind: 'rooms' },
  { kind: 'chat', names: 'lobby' },
];

describe.each(platforms)('Rooms that routes join ($name)', (platform) => {
  afterEach(closeAllApps);

  it('are in the list of routes, which cannot be changed', async () => {
    const { app } = await startApp(platform, setup);
    const { all } = app.get(WebSocketRoutes);
    expect(Object.fromEntries(all.map(({ path, rooms }) => [path, rooms]))).toEqual({
      '/chat/:room': JOINED,
      '/echo': [],
      '/typed': [{ kind: 'chat', names: 'typed' }],
    });
    for (const { rooms } of all) expect([rooms, ...rooms].every(Object.isFrozen)).toBe(true);
  });

  it('are named in the log of the start', async () => {
    const { logs } = await startApp(platform, setup);
    const lines = logs.entries.filter(({ context }) => context === 'WebSocketRoutes');
    expect(lines.map(({ message }) => message).toSorted()).toEqual([
      'Mapped {/chat/:room, WS} route (rooms: chat | rooms)',
      'Mapped {/echo, WS} route',
      'Mapped {/typed, WS} route (messages: say, rooms: chat)',
    ]);
  });

  it("are in Nest's graph", async () => {
    const { app } = await createApp(platform, { ...setup, appOptions: { snapshot: true } });
    const { entrypoints } = app.get(SerializedGraph).toJSON();
    const metadata = Object.values(entrypoints)
      .flat()
      .map((each) => each.metadata);
    expect(metadata.find(({ key }) => key === '/chat/:room')).toMatchObject({ rooms: JOINED });
    expect(metadata.find(({ key }) => key === '/echo')).not.toHaveProperty('rooms');
  });
});
