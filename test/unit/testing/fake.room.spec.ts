import { Rooms, WebSocketConnection, WebSocketRooms, type PresenceChange } from 'nestjs-revali-ws';
import { fakeConnection, fakeRoom, fakeRooms } from 'nestjs-revali-ws/testing';
import { WebSocket } from 'ws';

interface Said {
  readonly text: string;
}

@WebSocketRooms('chat', { maxMessage: 100 })
class ChatRooms extends Rooms<Said> {
  protected override authorize(connection: WebSocketConnection<object>): boolean {
    return connection.id !== 'stranger';
  }
}

@WebSocketRooms('greeted')
class GreetedRooms extends Rooms<string> {
  constructor(readonly greeting: string) {
    super();
  }

  greet(room: string): Promise<void> {
    return this.at(room).broadcast(this.greeting);
  }
}

class NoticeService {
  constructor(private readonly rooms: ChatRooms) {}

  tell(room: string, text: string): Promise<void> {
    return this.rooms.at(room).broadcast({ text });
  }
}

describe('a fake room', () => {
  const ann = () => fakeConnection({ id: 'ann' });
  const bob = () => fakeConnection({ id: 'bob' });

  it('tells who has become a member, and has no clients of gateways', async () => {
    const room = fakeRoom('blue');
    const connection = ann();
    expect((await room.join(connection)).connection).toBe(connection);
    const cure = /use fakeConnection\(\)/;
    const client = new WebSocket('ws://127.0.0.1:9', { lookup: () => undefined });
    client.on('error', () => undefined);
    client.terminate();
    await expect(room.join(client)).rejects.toThrow(cure);
    expect(() => room.has(client)).toThrow(cure);
    expect(() => room.leave(client)).toThrow(cure);
  });

  it('records what is broadcast, with its options', async () => {
    const room = fakeRoom<Said>('blue');
    await room.broadcast({ text: 'hi' });
    await room.broadcast({ text: 'ho' }, { local: true });
    expect(room.name).toBe('blue');
    expect(room.sent).toEqual([
      { message: { text: 'hi' } },
      { message: { text: 'ho' }, options: { local: true } },
    ]);
  });

  it('sends no undefined, and keeps a copy of bytes', async () => {
    const room = fakeRoom();
    const bytes = Buffer.from([1]);
    await room.broadcast(undefined);
    await room.broadcast(bytes);
    bytes[0] = 2;
    expect(room.sent).toEqual([{ message: Buffer.from([1]) }]);
  });

  it('tells its members, but for those that are excepted', async () => {
    const room = fakeRoom();
    const [one, two] = [ann(), bob()];
    await room.join(one);
    await room.join(two);
    await room.broadcast('all');
    await room.broadcast('others', { except: one });
    await room.broadcast('no bob', { except: ['bob'] });
    expect([one.sent, two.sent]).toEqual([
      ['all', 'no bob'],
      ['all', 'others'],
    ]);
  });

  it('has its members until they leave, or end', async () => {
    const room = fakeRoom();
    const [one, two, three] = [ann(), bob(), fakeConnection()];
    const membership = await room.join(one);
    await room.join(two);
    await room.join(three);
    expect([...room.local]).toEqual([one, two, three]);
    membership.leave();
    room.leave(two);
    three.close();
    await Promise.resolve();
    expect([...room.local]).toEqual([]);
    expect(room.has(one)).toBe(false);
  });

  it('expels, and closes where it is told to', async () => {
    const room = fakeRoom();
    const [one, two] = [ann(), bob()];
    await room.join(one);
    await room.join(two);
    await room.expel({ connection: 'ann' });
    await room.expel({ connection: 'bob' }, { code: 4001, reason: 'Enough' });
    expect(room.expelled).toEqual([
      { connection: 'ann' },
      { connection: 'bob', close: { code: 4001, reason: 'Enough' } },
    ]);
    expect([one.closed, two.closed]).toEqual([undefined, { code: 4001, reason: 'Enough' }]);
    expect([...room.local]).toEqual([]);
    await expect(room.expel({ connection: 'ann' }, { code: 1005 })).rejects.toMatchObject({
      name: 'InvalidCloseCodeException',
    });
  });

  it('expels everybody of a key', async () => {
    const room = fakeRoom();
    const [one, two] = [ann(), bob()];
    await room.join(one, { as: { key: 'team' } });
    await room.join(two, { as: { key: 'team' } });
    await room.join(fakeConnection({ id: 'team' }), { as: { key: 'other' } });
    await room.expel({ key: 'team' }, { code: 4001 });
    expect(room.expelled).toEqual([{ key: 'team', close: { code: 4001 } }]);
    expect([one.closed, two.closed]).toMatchObject([{ code: 4001 }, { code: 4001 }]);
    expect([...room.local].map(({ id }) => id)).toEqual(['team']);
  });

  it('has a history', async () => {
    const room = fakeRoom<string>();
    const { position } = await room.broadcast('one', { receipt: true });
    await room.broadcast('two');
    await room.broadcast('here alone', { local: true });
    const all = await room.history();
    expect(all.messages.map(({ message }) => message)).toEqual(['one', 'two']);
    expect(all.isComplete).toBe(true);
    expect((await room.history({ after: position })).messages).toEqual(all.messages.slice(1));
    expect((await room.history({ limit: 1 })).messages).toEqual(all.messages.slice(1));
    expect((await room.history({ after: '9.00000001' })).isComplete).toBe(false);
  });

  it('lets a member go on, or begin with what was last', async () => {
    const room = fakeRoom<string>();
    const { position } = await room.broadcast('one', { receipt: true });
    await room.broadcast('two');
    await room.broadcast('three');
    const [one, two, three] = [ann(), bob(), fakeConnection()];
    expect((await room.join(one, { after: position })).recovered).toBe(true);
    await room.join(two, { replay: 1 });
    expect((await room.join(three, { after: '1.ffffffff' })).recovered).toBe(false);
    expect([one.sent, two.sent, three.sent]).toEqual([['two', 'three'], ['three'], []]);
  });

  it('accepts an id once', async () => {
    const room = fakeRoom();
    const first = await room.broadcast('one', { id: 'a', receipt: true });
    expect(await room.broadcast('one', { id: 'a', receipt: true })).toEqual(first);
    expect(room.sent.length).toBe(1);
  });

  it('can be listened to', async () => {
    const room = fakeRoom<string>();
    const { position } = await room.broadcast('one', { receipt: true });
    await room.broadcast('two');
    const heard: string[] = [];
    const errors: unknown[] = [];
    const listening = room
      .listen({ after: position })
      .subscribe(({ message }) => heard.push(message));
    room.listen({ after: '9.00000009' }).subscribe({ error: (error) => errors.push(error) });
    await room.broadcast('three');
    listening.unsubscribe();
    await room.broadcast('four');
    expect(heard).toEqual(['two', 'three']);
    expect(errors).toMatchObject([{ name: 'RoomGapException' }]);
  });

  it('knows who is here, and tells who comes and goes', async () => {
    const room = fakeRoom();
    const changes: PresenceChange[] = [];
    const watching = room.watch().subscribe((change) => changes.push(change));
    const [one, two] = [ann(), bob()];
    const fine = { key: 'ann', mood: 'fine' };
    const tired = { key: 'ann', mood: 'tired' };
    await room.join(one, { as: fine });
    await room.join(two, { as: fine });
    expect(await room.presence()).toEqual([
      { key: 'ann', member: { mood: 'fine' }, connections: 2 },
    ]);
    expect(await room.count()).toEqual({ connections: 2 });
    await room.join(one, { as: tired });
    room.leave(one);
    room.leave(two);
    watching.unsubscribe();
    await room.join(one);
    expect(changes.map(({ type }) => type)).toEqual(['here', 'joined', 'updated', 'left']);
  });
});

describe('fake rooms', () => {
  it('stand in for a kind that is injected', async () => {
    const rooms = fakeRooms(ChatRooms);
    await new NoticeService(rooms).tell('blue', 'hi');
    expect(rooms.at('blue').sent).toEqual([{ message: { text: 'hi' } }]);
    expect(rooms.at('blue')).toBe(rooms.at('blue'));
    expect(rooms.at('red').sent).toEqual([]);
    expect(rooms.status).toBe('ready');
  });

  it('stand in for plain rooms', async () => {
    const rooms = fakeRooms();
    await rooms.at('blue').broadcast('hi');
    expect(rooms.at('blue').sent).toEqual([{ message: 'hi' }]);
  });

  it('stand in for an instance with what it was made with', async () => {
    const rooms = fakeRooms(new GreetedRooms('welcome'));
    await rooms.greet('blue');
    expect(rooms.at('blue').sent).toEqual([{ message: 'welcome' }]);
  });

  it('refuse what the kind refuses', async () => {
    const room = fakeRooms(ChatRooms).at('blue');
    const refused = [
      [room.join(fakeConnection({ id: 'stranger' })), 'RoomForbiddenException'],
      [room.broadcast({ text: 'x'.repeat(100) }), 'MessageTooLargeException'],
      [room.broadcast({ text: 'hi' }, { id: 'a' }), 'NoHistoryException'],
      [room.history(), 'NoHistoryException'],
      [room.join(fakeConnection(), { replay: 1 }), 'NoHistoryException'],
      [room.presence(), 'NoPresenceException'],
      [room.count(), 'NoPresenceException'],
    ] as const;
    await Promise.all(
      refused.map(([outcome, name]) => expect(outcome).rejects.toMatchObject({ name })),
    );
    expect(() => room.watch()).toThrow('presence');
    expect(() => fakeRooms(ChatRooms).at('no name')).toThrow('Invalid room name');
    expect(room.sent).toEqual([]);
  });
});
