import {
  BrokerUnavailableException,
  Rooms,
  TooManyRoomsException,
  WebSocketRooms,
} from 'nestjs-revali-ws';

import type { HubRoom } from '../../../lib/rooms/hub.room.js';
import { AT_ONCE } from '../../../lib/rooms/local.room.js';
import { RoomHub } from '../../../lib/rooms/room.hub.js';
import { eventually, within } from '../../support/deadline.js';
import { never, ScriptedBroker } from '../../support/faults/scripted-broker.js';
import { FakeMember } from './fake.member.js';

@WebSocketRooms('chat')
class ChatRooms extends Rooms {}

const kind = new ChatRooms();

async function crowd(size: number): Promise<{ room: HubRoom; members: FakeMember[] }> {
  const room = new RoomHub({}).at(kind, 'blue');
  const members = Array.from({ length: size }, (_, index) => new FakeMember(`id-${index}`));
  await Promise.all(members.map((member) => room.join(member.asMember)));
  return { room, members };
}

const CROWD = AT_ONCE * 3;

describe('RoomHub', () => {
  it('tells a crowd in several turns, in order, and who comes meanwhile only what follows', async () => {
    const { room, members } = await crowd(CROWD);
    const late = new FakeMember('late');
    const first = room.broadcast('1');
    await first;
    expect(members.at(-1)?.got).toEqual([]);
    await room.join(late.asMember);
    await room.broadcast('2');
    expect(room.has(late.asMember)).toBe(true);
    await eventually(() => expect(late.got).toEqual(['2']), 'the second');
    for (const { got } of members) expect(got).toEqual(['1', '2']);
  });

  it('expels one who waits to become a member', async () => {
    const { room } = await crowd(CROWD);
    const late = new FakeMember('late');
    await room.broadcast('1');
    await room.join(late.asMember);
    await room.expel({ connection: 'late' }, { code: 4000 });
    expect(room.has(late.asMember)).toBe(false);
    expect(late.closes).toEqual([4000]);
    await room.broadcast('2');
    await eventually(() => expect([...room.local]).toHaveLength(CROWD), 'the end of the crowd');
    expect(late.got).toEqual([]);
  });

  it('shows one who waits to become a member among the members', async () => {
    const { room } = await crowd(CROWD);
    const late = new FakeMember('late');
    await room.broadcast('1');
    await room.join(late.asMember);
    expect([...room.local].includes(late.asMember)).toBe(true);
  });

  it('expels one in the middle of a broadcast, who gets nothing more', async () => {
    const { room, members } = await crowd(CROWD);
    await room.broadcast('1');
    await room.broadcast('2');
    await room.expel({ connection: `id-${CROWD - 1}` });
    await eventually(() => expect(members[0]?.got).toEqual(['1', '2']), 'the second');
    await eventually(() => expect(members.at(-2)?.got).toEqual(['1', '2']), 'all of the second');
    expect(room.has((members.at(-1) ?? new FakeMember('')).asMember)).toBe(false);
  });

  it('lets somebody join one room several times at once, at the limit of rooms', async () => {
    const room = new RoomHub({ rooms: { maxRoomsPerConnection: 1 } }).at(kind, 'blue');
    const member = new FakeMember('one');
    const joins = Array.from({ length: 3 }, () => room.join(member.asMember));
    const outcomes = await Promise.allSettled(joins);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
    expect([...room.local]).toHaveLength(1);
  });

  it('counts joins under way against the limit of rooms, however they interleave', async () => {
    for (let hops = 0; hops < 30; hops += 1) {
      const hub = new RoomHub({ rooms: { maxRoomsPerConnection: 1 } });
      const member = new FakeMember('one');
      const first = hub.at(kind, '1').join(member.asMember);
      for (let hop = 0; hop < hops; hop += 1) await Promise.resolve();
      const second = hub.at(kind, '2').join(member.asMember);
      await first;
      const outcome = await second.then(
        () => 'joined',
        (error: unknown) => error,
      );
      expect(outcome).toBeInstanceOf(TooManyRoomsException);
      await hub.close();
    }
  });

  it('keeps nothing of a room that everybody has left', async () => {
    const hub = new RoomHub({ rooms: { leaveDelay: 1 } });
    const room = hub.at(kind, 'blue');
    const member = new FakeMember('one');
    const membership = await room.join(member.asMember);
    const untilGone = (): Promise<void> =>
      eventually(() => expect(hub.localOf('chat/blue')).toBeUndefined(), 'the end of the room');
    membership.leave();
    await untilGone();
    await room.join(member.asMember);
    member.hasEnded = true;
    member.places?.leaveAll();
    await untilGone();
    await hub.close();
  });

  it('closes though its broker never answers', async () => {
    const hub = new RoomHub({
      rooms: { broker: { name: 'mute', connect: never }, joinTimeout: 10 },
    });
    await expect(hub.start()).rejects.toThrow(BrokerUnavailableException);
    await within(hub.close(), 'the end of close()', 1000);
  });

  it('closes though its broker never closes', async () => {
    const broker = new ScriptedBroker();
    const hub = new RoomHub({ rooms: { broker, joinTimeout: 10, publishTimeout: 10 } });
    broker.onClose = never;
    await hub.start();
    await within(hub.close(), 'the end of close()', 1000);
  });

  it('asks a broker again that could not be reached, when somebody comes', async () => {
    const broker = new ScriptedBroker();
    broker.onConnect = () => Promise.reject(new Error('no route'));
    const hub = new RoomHub({ rooms: { broker, joinTimeout: 10 } });
    const room = hub.at(kind, 'blue');
    const member = new FakeMember('one');
    await expect(room.join(member.asMember)).rejects.toThrow(BrokerUnavailableException);
    await expect(room.broadcast('1')).rejects.toThrow(BrokerUnavailableException);
    broker.onConnect = () => Promise.resolve();
    await room.join(member.asMember);
    await room.broadcast('2');
    expect(member.got).toEqual(['2']);
    await hub.close();
  });

  it('takes packets of nobody and of other versions for nothing', async () => {
    const hub = new RoomHub({});
    const room = hub.at(kind, 'blue');
    const member = new FakeMember('one');
    await room.join(member.asMember);
    for (const packet of [[], [1], [2, 0, 65], [0], [1, 4, 9, 1], [1, 2], [1, 2, 123]])
      hub.onPacket('chat/blue', Buffer.from(packet));
    hub.onPacket('chat/unknown', Buffer.from([1, 0, 65]));
    hub.onPacket('', Buffer.from([1, 0, 65]));
    hub.onPacket('chat/blue', Buffer.from([1, 0, 66]));
    expect(member.got.filter((text) => text !== '')).toEqual(['B']);
    await hub.close();
  });
});
