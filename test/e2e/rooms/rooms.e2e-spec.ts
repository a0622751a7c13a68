import { Body, Controller, Param, Post } from '@nestjs/common';
import {
  JoinRoom,
  Room,
  Rooms,
  WebSocket,
  WebSocketConnection,
  WebSocketRooms,
} from 'nestjs-revali-ws';

import { startApp } from '../../support/apps/app-factory.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';

@WebSocketRooms('chat')
class ChatRooms extends Rooms<string> {
  override authorize(_connection: WebSocketConnection<object>, room: string): boolean {
    return room !== 'secret';
  }
}

@Controller('chat')
class ChatController {
  constructor(
    private readonly chat: ChatRooms,
    private readonly plain: Rooms,
  ) {}

  @JoinRoom(ChatRooms, ':room')
  @WebSocket(':room')
  say(@Body() text: string, room: Room<string>): Promise<void> {
    return room.broadcast(text);
  }

  @Post(':room')
  notice(@Param('room') room: string): Promise<void> {
    return this.chat.at(room).broadcast('notice');
  }

  @WebSocket(':room/later')
  async later(@Param('room') room: string, connection: WebSocketConnection): Promise<string> {
    await this.plain.at(room).join(connection);
    return `${[...this.plain.at(room).local].length}`;
  }
}

describe.each(platforms)('Rooms ($name)', (platform) => {
  afterEach(closeAllApps);

  const start = (): Promise<RunningApp> =>
    startApp(platform, { controllers: [ChatController], providers: [ChatRooms] });

  it('tell all their members, and nobody else', async () => {
    const app = await start();
    const [ann, bob, eve] = await Promise.all([
      app.connect('/chat/blue'),
      app.connect('/chat/blue'),
      app.connect('/chat/red'),
    ]);
    ann.send('hi');
    expect(await ann.text()).toBe('hi');
    expect(await bob.text()).toBe('hi');
    eve.send('red');
    expect(await eve.text()).toBe('red');
    expect([ann.received, bob.received, eve.received]).toEqual([1, 1, 1]);
  });

  it('are told from outside of any connection', async () => {
    const app = await start();
    const ann = await app.connect('/chat/blue');
    await fetch(app.http('/chat/blue'), { method: 'POST' });
    expect(await ann.text()).toBe('notice');
  });

  it('refuse before the 101', async () => {
    const app = await start();
    await expect(app.connect('/chat/secret')).rejects.toMatchObject({ status: 403 });
    await expect(app.connect('/chat/a%20b')).rejects.toMatchObject({ status: 400 });
  });

  it('can be joined later', async () => {
    const app = await start();
    const ann = await app.connect('/chat/blue/later');
    ann.send('');
    expect(await ann.text()).toBe('1');
  });
});
