import { Controller } from '@nestjs/common';
import {
  JoinRoom,
  MessageTooLargeException,
  MemoryBroker,
  Room,
  Rooms,
  UnserializableMessageException,
  WebSocket,
  WebSocketRooms,
} from 'nestjs-revali-ws';

import { platforms } from '../../support/apps/platforms.js';
import { ChatRooms, RoomsApp, sizeOf } from '../../support/apps/rooms-app.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import type { TestClient } from '../../support/clients/test-client.js';
import { eventually } from '../../support/deadline.js';
import { unhandled } from '../../support/faults/leaks.js';

const shout = {
  decode: (data: Buffer): string => data.toString(),
  encode: (value: unknown): string => String(value).toUpperCase(),
};

@WebSocketRooms('loud', { codec: shout })
class LoudRooms extends Rooms {}

@WebSocketRooms('bytes', { codec: 'binary' })
class BytesRooms extends Rooms {}

@WebSocketRooms('json', { codec: 'json' })
class JsonRooms extends Rooms {}

@Controller()
class FormatsController {
  @JoinRoom(LoudRooms, ':id')
  @WebSocket('loud/:id', { format: 'json' })
  loud(room: Room): Promise<void> {
    return room.broadcast('hi');
  }

  @JoinRoom(ChatRooms, ':id')
  @WebSocket('calls/:id')
  calls(room: Room): string {
    return room.name;
  }

  @JoinRoom(ChatRooms, ':id')
  @WebSocket('feed/:id', { mode: 'receiveOnly' })
  receive(): void {}
}

const formats = { controllers: [FormatsController], providers: [LoudRooms, BytesRooms, JsonRooms] };

async function textsOf(client: TestClient, count: number): Promise<string[]> {
  const texts: string[] = [];
  for (let index = 0; index < count; index += 1) texts.push(await client.text());
  return texts;
}

describe.each(platforms)('Broadcasts ($name)', (platform) => {
  afterEach(closeAllApps);

  it('leave out who is excepted: a connection, or a list of connections and ids', async () => {
    const app = await RoomsApp.start(platform);
    const [ann, bob, eve] = await app.enterAll(3, 'chat/blue');
    if (!ann || !bob || !eve) throw new Error('nobody');
    const room = app.chat.at('blue');
    await room.broadcast('1', { except: ann.connection });
    await room.broadcast('2', { except: [bob.connection.id, eve.connection] });
    await room.broadcast('3', { except: [] });
    await expect(room.broadcast('4', { except: 'ann' as never })).rejects.toThrow(TypeError);
    await expect(room.broadcast('4', { except: ['ann'] })).rejects.toThrow(TypeError);
    await room.broadcast('5', { except: [ann.connection], local: true });
    await room.broadcast('end');
    expect(await textsOf(ann.client, 3)).toEqual(['2', '3', 'end']);
    expect(await textsOf(bob.client, 4)).toEqual(['1', '3', '5', 'end']);
    expect(await textsOf(eve.client, 4)).toEqual(['1', '3', '5', 'end']);
  });

  it('leave out nobody for an id that nobody has asked for', async () => {
    const app = await RoomsApp.start(platform);
    const { client } = await app.enter('chat/blue');
    await app.chat.at('blue').broadcast('hi', { except: ['00000000-0000-0000-0000-000000000000'] });
    expect(await client.text()).toBe('hi');
  });

  it('leave out 255 at most', async () => {
    const app = await RoomsApp.start(platform);
    const { connection, client } = await app.enter('chat/blue');
    const room = app.chat.at('blue');
    const except = (count: number): string[] => Array.from({ length: count }, () => connection.id);
    await expect(room.broadcast('1', { except: except(256) })).rejects.toThrow(RangeError);
    await room.broadcast('2', { except: except(255) });
    await room.broadcast('3');
    expect(await client.text()).toBe('3');
  });

  it('say who has taken them, where that is asked for', async () => {
    const app = await RoomsApp.start(platform);
    const room = app.chat.at('blue');
    expect(await room.broadcast('1', { receipt: true })).toEqual({ scope: 'all' });
    expect(await room.broadcast('1', { receipt: true, local: true })).toEqual({ scope: 'local' });
    expect(await room.broadcast('1')).toBeUndefined();
  });

  it('are nothing where they say undefined, and something where they say null', async () => {
    const app = await RoomsApp.start(platform);
    const { client } = await app.enter('chat/blue');
    const room = app.chat.at('blue');
    await room.broadcast(undefined);
    await room.broadcast(null);
    await room.broadcast('');
    await room.broadcast(0);
    expect(await textsOf(client, 3)).toEqual(['null', '', '0']);
  });

  it('are texts, bytes or JSON, by what they are', async () => {
    const app = await RoomsApp.start(platform);
    const { client } = await app.enter('chat/blue');
    const room = app.chat.at('blue');
    await room.broadcast('ä 🚀');
    await room.broadcast({ a: [1, null] });
    await room.broadcast(Buffer.from([1, 2, 0xff]));
    await room.broadcast(new Uint16Array([1]));
    expect(await client.text()).toBe('ä 🚀');
    expect(await client.json()).toEqual({ a: [1, null] });
    expect(await client.binary()).toEqual(Buffer.from([1, 2, 0xff]));
    expect(await client.binary()).toEqual(Buffer.from([1, 0]));
  });

  it('are what they were when they were said, though their bytes are used again', async () => {
    const app = await RoomsApp.start(platform);
    const { client } = await app.enter('chat/blue');
    const bytes = Buffer.from('before');
    const accepted = app.chat.at('blue').broadcast(bytes);
    bytes.write('after!');
    await accepted;
    expect((await client.binary()).toString()).toBe('before');
  });

  it('have the form of their kind, and not of the route', async () => {
    const app = await RoomsApp.start(platform, {}, formats);
    const ann = await app.app.connect('/loud/1');
    ann.sendJson('x');
    expect(await ann.text()).toBe('HI');
    const { client, connection } = await app.enter();
    const bytes = app.app.app.get(BytesRooms).at('1');
    const json = app.app.app.get(JsonRooms).at('1');
    await bytes.join(connection);
    await json.join(connection);
    await json.broadcast('text');
    await bytes.broadcast(Buffer.from('b'));
    expect(await client.text()).toBe('"text"');
    expect((await client.binary()).toString()).toBe('b');
  });

  it('say of which room they are, where the client asks by revali.v1', async () => {
    const app = await RoomsApp.start(platform, {}, formats);
    const calling = await app.app.connect('/calls/1', { protocols: ['revali.v1'] });
    const plain = await app.app.connect('/calls/1');
    const room = app.chat.at('1');
    await room.broadcast('hi');
    await room.broadcast({ a: 1 });
    await room.broadcast(Buffer.from('b'));
    const [joined, ...texts] = await textsOf(calling, 3);
    expect(joined).toBe('j chat/1 - 0\n');
    expect(texts).toEqual(['m chat/1 -\nhi', 'm chat/1 -\n{"a":1}']);
    expect(await textsOf(plain, 2)).toEqual(['hi', '{"a":1}']);
    expect((await calling.binary()).toString()).toBe('\u000am chat/1 -b');
    expect((await plain.binary()).toString()).toBe('b');
  });

  it('do not go where nothing is sent', async () => {
    const app = await RoomsApp.start(platform, {}, formats);
    const client = await app.app.connect('/feed/1');
    const room = app.chat.at('1');
    expect(sizeOf(room)).toBe(1);
    await room.broadcast('hi');
    await client.close();
    expect(client.received).toBe(0);
  });

  it('reach nobody of a room of the same name and another kind, or of another name', async () => {
    const app = await RoomsApp.start(platform);
    const [chat, other, plain, red] = await app.enterAll(4, 'free');
    if (!chat || !other || !plain || !red) throw new Error('nobody');
    await app.chat.at('blue').join(chat.connection);
    await app.other.at('blue').join(other.connection);
    await app.plain.at('blue').join(plain.connection);
    await app.chat.at('red').join(red.connection);
    await app.chat.at('blue').broadcast('chat');
    await app.other.at('blue').broadcast('other');
    await app.plain.at('blue').broadcast('plain');
    await app.chat.at('red').broadcast('red');
    const all = [chat, other, plain, red];
    const texts = await Promise.all(all.map(({ client }) => client.text()));
    expect(texts).toEqual(['chat', 'other', 'plain', 'red']);
    for (const { client } of all) expect(client.received).toBe(1);
  });

  it('reach nobody who joins later', async () => {
    const app = await RoomsApp.start(platform);
    const room = app.chat.at('blue');
    await app.enter('chat/blue');
    await room.broadcast('before');
    const { client } = await app.enter('chat/blue');
    await room.broadcast('after');
    expect(await client.text()).toBe('after');
  });

  it('come in the order of their calls, though nobody awaits them', async () => {
    const app = await RoomsApp.start(platform);
    const { client } = await app.enter('chat/blue');
    const room = app.chat.at('blue');
    const expected = Array.from({ length: 50 }, (_, index) => `${index}`);
    for (const each of expected) void room.broadcast(each);
    expect(await textsOf(client, 50)).toEqual(expected);
  });

  it('are refused where they are too large: to their caller, with 1008 and with 413', async () => {
    const app = await RoomsApp.start(platform);
    const member = await app.enter('chat/blue');
    const room = app.chat.at('blue');
    await room.broadcast('a'.repeat(1000));
    expect(await member.client.text()).toHaveLength(1000);
    for (const large of ['a'.repeat(1001), 'ä'.repeat(501), Buffer.alloc(1001), ['a'.repeat(998)]])
      await expect(room.broadcast(large)).rejects.toThrow(MessageTooLargeException);
    app.controller.post = (name) => app.chat.at(name).broadcast('a'.repeat(1001));
    expect((await app.post('blue')).status).toBe(413);
    app.actOf(member, () => room.broadcast('a'.repeat(1001)));
    expect(await member.client.closed).toMatchObject({ code: 1008 });
    expect(member.client.received).toBe(1);
  });

  it('are refused where they cannot be serialized', async () => {
    const app = await RoomsApp.start(platform);
    const { client } = await app.enter('chat/blue');
    const room = app.chat.at('blue');
    const circular: unknown[] = [];
    circular.push(circular);
    for (const wild of [circular, 1n, Symbol('a'), () => 1])
      await expect(room.broadcast(wild)).rejects.toThrow(UnserializableMessageException);
    await room.broadcast('fine');
    expect(await client.text()).toBe('fine');
  });

  it('do no harm where they reject and nobody awaits them', async () => {
    const app = await RoomsApp.start(platform);
    const recorder = unhandled();
    void app.chat.at('blue').broadcast(1n);
    void app.chat.at('blue').broadcast('a'.repeat(1001));
    void app.chat.at('blue').broadcast(1n, { receipt: true });
    expect(await recorder.release()).toEqual([]);
  });
});

describe.each(platforms)('Several applications that share a broker ($name)', (platform) => {
  afterEach(closeAllApps);

  async function start(count: number): Promise<RoomsApp[]> {
    const rooms = { broker: new MemoryBroker() };
    return Promise.all(Array.from({ length: count }, () => RoomsApp.start(platform, { rooms })));
  }

  async function startTwo() {
    const [one, two] = await start(2);
    if (!one || !two) throw new Error('no applications');
    const [ann, bob] = [await one.enter('chat/blue'), await two.enter('chat/blue')];
    return { one, two, ann, bob };
  }

  it('tell the members of all, and of one alone where that is asked for', async () => {
    const { one, two, ann, bob } = await startTwo();
    await one.chat.at('blue').broadcast('local', { local: true });
    await one.chat.at('blue').broadcast('one');
    await two.chat.at('blue').broadcast(Buffer.from('two'));
    expect(await ann.client.text()).toBe('local');
    expect(await ann.client.text()).toBe('one');
    expect(await bob.client.text()).toBe('one');
    expect((await ann.client.binary()).toString()).toBe('two');
    expect((await bob.client.binary()).toString()).toBe('two');
    expect([...one.chat.at('blue').local]).toEqual([ann.connection]);
  });

  it('stay among those of one prefix', async () => {
    const broker = new MemoryBroker();
    const [one, two, other] = await Promise.all(
      [undefined, 'rws', 'other'].map((prefix) =>
        RoomsApp.start(platform, { rooms: { broker, ...(prefix && { prefix }) } }),
      ),
    );
    if (!one || !two || !other) throw new Error('no applications');
    const members = await Promise.all([one, two, other].map((app) => app.enter('chat/blue')));
    await one.chat.at('blue').broadcast('hi');
    await other.chat.at('blue').broadcast('apart');
    const texts = await Promise.all(members.map(({ client }) => client.text()));
    expect(texts).toEqual(['hi', 'hi', 'apart']);
  });

  it('leave out who is excepted by an id, wherever it is', async () => {
    const { one, ann, bob } = await startTwo();
    await one.chat.at('blue').broadcast('1', { except: [bob.connection.id] });
    await one.chat.at('blue').broadcast('2');
    expect(await textsOf(ann.client, 2)).toEqual(['1', '2']);
    expect(await bob.client.text()).toBe('2');
  });

  it('expel a member of another one, which stays connected', async () => {
    const { one, two, ann, bob } = await startTwo();
    await one.chat.at('blue').expel({ connection: bob.connection.id });
    expect(sizeOf(two.chat.at('blue'))).toBe(0);
    await one.chat.at('blue').broadcast('gone');
    expect(await ann.client.text()).toBe('gone');
    two.controller.act = () => 'here';
    bob.client.send('x');
    expect(await bob.client.text()).toBe('here');
    await two.chat.at('blue').join(bob.connection);
    await one.chat.at('blue').broadcast('back');
    expect(await bob.client.text()).toBe('back');
  });

  it('expel a member of another one, and close it', async () => {
    const { one, two, ann, bob } = await startTwo();
    const room = one.chat.at('blue');
    await room.expel({ connection: bob.connection.id }, { code: 4001, reason: 'Out' });
    expect(await bob.client.closed).toMatchObject({ code: 4001, reason: 'Out' });
    expect(sizeOf(two.chat.at('blue'))).toBe(0);
    expect(ann.client.isOpen).toBe(true);
    await room.expel({ connection: 'nobody' }, { code: 4001 });
    await expect(room.expel({ connection: ann.connection.id }, { code: 1005 })).rejects.toThrow();
    expect(ann.client.isOpen).toBe(true);
  });

  it('tell all members in one order', async () => {
    const apps = await start(3);
    const members = [];
    for (const app of apps) members.push(await app.enter('chat/blue'));
    for (let index = 0; index < 60; index += 1) {
      const app = apps[index % 3];
      void app?.chat.at('blue').broadcast(`${index}`);
      if (index % 7 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    const seen = await Promise.all(members.map(({ client }) => textsOf(client, 60)));
    expect(seen[1]).toEqual(seen[0]);
    expect(seen[2]).toEqual(seen[0]);
    expect(seen[0]?.toSorted()).toEqual(
      Array.from({ length: 60 }, (_, index) => `${index}`).toSorted(),
    );
  });

  it('go on without one that has closed', async () => {
    const { one, two, ann } = await startTwo();
    const [bobs] = [two.app];
    await bobs.close();
    await one.chat.at('blue').broadcast('alone');
    expect(await ann.client.text()).toBe('alone');
    await eventually(() => expect(sizeOf(two.chat.at('blue'))).toBe(0), 'nobody');
  });
});
