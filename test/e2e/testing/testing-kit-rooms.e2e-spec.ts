import { Body, Controller, type INestApplication } from '@nestjs/common';
import { JoinRoom, Rooms, WebSocket, WebSocketConnection, WebSocketRooms } from 'nestjs-revali-ws';
import {
  connect,
  DeadlineExceededException,
  RoomsNotSpokenException,
  type TestWebSocket,
} from 'nestjs-revali-ws/testing';

import { closeOpenedApps, openApp, withoutPort } from '../../support/apps/testing-kit-app.js';

@WebSocketRooms('chat', { history: { messages: 100, age: '1m' } })
class ChatRooms extends Rooms {}

@WebSocketRooms('brief', { history: { messages: 1, age: '1m' } })
class BriefRooms extends Rooms {}

@Controller()
class ChatController {
  constructor(private readonly chat: ChatRooms) {}

  @JoinRoom(ChatRooms, ':room')
  @WebSocket('chat/:room', { format: 'text' })
  say(@Body() text: string, connection: WebSocketConnection): string | undefined {
    if (text === 'echo') return 'to you alone';
    if (text === 'leave') for (const room of ['blue', 'red']) this.chat.at(room).leave(connection);
    return undefined;
  }

  @JoinRoom(ChatRooms, ':room')
  @WebSocket('spoken/:room', { protocols: ['chat.v2'] })
  spoken(@Body() text: string, connection: WebSocketConnection): string {
    return `${text} in ${connection.protocol}`;
  }

  @JoinRoom(Rooms, 'plain')
  @WebSocket('plain')
  plain(): void {}

  @JoinRoom(BriefRooms, 'blue')
  @WebSocket('brief')
  brief(): void {}
}

describe.each(withoutPort)('a client of rooms on $name', (reach) => {
  let app: INestApplication;
  let rooms: ChatRooms;

  beforeEach(async () => {
    app = await openApp(reach, {
      controllers: [ChatController],
      providers: [ChatRooms, BriefRooms],
    });
    rooms = app.get(ChatRooms);
  });

  afterEach(closeOpenedApps);

  const tell = async (...messages: unknown[]): Promise<void> => {
    for (const message of messages)
      // oxlint-disable-next-line no-await-in-loop -- in this order
      await rooms.at('blue').broadcast(message);
  };
  const enter = (resume: true | TestWebSocket | Record<string, string> = true) =>
    connect(app, '/chat/blue', { resume });

  it('reads the bare payload of texts, JSON and bytes', async () => {
    const socket = await enter();
    await tell('two\nlines', { a: 1 }, Buffer.from('m chat/blue -\nbytes'));
    expect(await socket.text()).toBe('two\nlines');
    expect(await socket.json()).toEqual({ a: 1 });
    expect((await socket.binary()).toString()).toBe('m chat/blue -\nbytes');
  });

  it('reads the bare payload where the name of the room makes a long header', async () => {
    const name = '\u{1f680}'.repeat(50);
    const socket = await connect(app, `/chat/${encodeURIComponent(name)}`, { resume: true });
    await rooms.at(name).broadcast(Buffer.from([1, 2]));
    await rooms.at(name).broadcast('text');
    expect([...(await socket.binary())]).toEqual([1, 2]);
    expect(await socket.text()).toBe('text');
    expect(socket.position(`chat/${name}`)).toBeDefined();
  });

  it('reads the bare payload of a client that offers the subprotocol by itself', async () => {
    const socket = await connect(app, '/chat/blue', { protocols: 'revali.v1' });
    await tell('one', 'two');
    socket.send('echo');
    for await (const message of socket) {
      expect(message).toBe('one');
      break;
    }
    expect([await socket.text(), await socket.text()]).toEqual(['two', 'to you alone']);
  });

  it('has no header without the subprotocol', async () => {
    const socket = await connect(app, '/chat/blue');
    await tell('m chat/blue -\ntext');
    expect(await socket.text()).toBe('m chat/blue -\ntext');
  });

  it('is where the last message that was taken was', async () => {
    const socket = await enter();
    await socket.notice('joined');
    const atJoin = socket.position('chat/blue');
    const { position } = await rooms.at('blue').broadcast('one', { receipt: true });
    await tell('two');
    socket.send('echo');
    await socket.text();
    expect(socket.position('chat/blue')).toBe(position);
    expect(position).not.toBe(atJoin);
    await socket.text();
    const behind = socket.position('chat/blue');
    await socket.text();
    expect(socket.position('chat/blue')).toBe(behind);
    expect(socket.positions).toEqual({ 'chat/blue': behind });
  });

  it('is nowhere in a room without history, and in one that it is not in', async () => {
    const socket = await connect(app, '/plain', { resume: true });
    expect(await socket.notice('joined')).toEqual({
      type: 'joined',
      room: 'rooms/plain',
      position: undefined,
      recovered: false,
    });
    await app.get(Rooms).at('plain').broadcast('hi');
    expect(await socket.text()).toBe('hi');
    expect(socket.position('rooms/plain')).toBeUndefined();
    expect(socket.position('chat/blue')).toBeUndefined();
  });

  it('goes on from where an earlier client was', async () => {
    const first = await enter();
    await tell('one', 'two');
    expect(await first.text()).toBe('one');
    await first.close();
    await tell('three');
    const second = await enter(first);
    expect(await second.notice('joined')).toMatchObject({ room: 'chat/blue', recovered: true });
    expect([await second.text(), await second.text()]).toEqual(['two', 'three']);
    const third = await enter(first.positions);
    expect(await third.text()).toBe('two');
  });

  it('goes on in rooms of any name', async () => {
    const name = 'a~b,c&=+#\u{1f680}';
    const path = `/chat/${encodeURIComponent(name)}`;
    const first = await connect(app, path, { resume: true });
    await first.notice('joined', `chat/${name}`);
    await rooms.at(name).broadcast('missed');
    const second = await connect(app, path, { resume: first });
    expect((await second.notice('joined')).recovered).toBe(true);
    expect(await second.text()).toBe('missed');
  });

  it('is told where it cannot go on', async () => {
    const socket = await enter({ 'chat/blue': '7.0123abcd' });
    const { recovered, position } = await socket.notice('joined');
    expect(recovered).toBe(false);
    expect(position).toBe(socket.position('chat/blue'));
  });

  it('goes on with a subprotocol of the route', async () => {
    const socket = await connect(app, '/spoken/blue', { protocols: 'chat.v2', resume: true });
    expect(socket.protocol).toBe('revali.v1+chat.v2');
    await socket.notice('joined');
    socket.send('hi');
    expect(await socket.text()).toBe('hi in chat.v2');
  });

  it('keeps its own query', async () => {
    const first = await enter();
    await first.notice('joined');
    const resumed = await connect(app, '/chat/blue?a=1', { resume: first, query: { b: 2 } });
    expect((await resumed.notice('joined')).recovered).toBe(true);
  });

  it('is told that it has left, and is nowhere then', async () => {
    const socket = await enter();
    await socket.notice('joined');
    await tell('last');
    socket.send('leave');
    expect(await socket.notice('left', 'chat/blue')).toEqual({
      type: 'left',
      room: 'chat/blue',
      code: 1000,
    });
    expect(socket.position('chat/blue')).toBeDefined();
    expect(await socket.text()).toBe('last');
    expect(socket.position('chat/blue')).toBeUndefined();
  });

  it('fails a wait for a notice at its deadline, and says what there was', async () => {
    const socket = await enter();
    await tell('hi');
    await socket.text();
    socket.timeout = 50;
    const waiting = socket.notice('gap', 'chat/blue');
    await expect(waiting).rejects.toThrow(DeadlineExceededException);
    await expect(waiting).rejects.toThrow(
      '/chat/blue: waited 50 ms for the notice "gap" of chat/blue. ' +
        'Arrived instead: the notice "joined" of chat/blue, after the message "hi".',
    );
  });

  it('fails a wait for a notice at the close', async () => {
    const socket = await enter();
    const waiting = socket.notice('left');
    await socket.close();
    await expect(waiting).rejects.toMatchObject({
      name: 'ConnectionClosedException',
      code: 1000,
    });
  });

  it('says how to connect where it does not speak the subprotocol', async () => {
    const socket = await connect(app, '/chat/blue');
    const cure =
      '/chat/blue: notice() needs a client that speaks "revali.v1", and this one speaks no subprotocol. ' +
      'Connect with { resume: true }.';
    await expect(socket.notice('joined')).rejects.toThrow(cure);
    expect(() => socket.position('chat/blue')).toThrow(RoomsNotSpokenException);
    expect(() => socket.positions).toThrow(RoomsNotSpokenException);
    await expect(enter(socket)).rejects.toThrow(RoomsNotSpokenException);
  });
});
