import type { RoomFilter } from 'nestjs-revali-ws';
import { RedisBroker } from 'nestjs-revali-ws/redis';

import { eventually } from '../../support/deadline.js';
import { BrokerLog, outcomeOf } from '../../support/records/broker-log.js';
import { RedisServer } from '../../support/servers/redis-server.js';

const ROOMS = Array.from({ length: 300 }, (_, index) => `chat/room-${index}`);

let servers: RedisServer[];
let logs: BrokerLog[];

beforeEach(async () => {
  servers = await Promise.all([1, 2, 3].map(() => RedisServer.start()));
  logs = [];
});

afterEach(async () => {
  await Promise.all(logs.map((log) => log.close()));
  await Promise.all(servers.map((server) => server.stop()));
});

async function link(urls = servers.map(({ url }) => url)): Promise<BrokerLog> {
  const log = await BrokerLog.connect(new RedisBroker({ servers: urls }));
  logs.push(log);
  return log;
}

/** Those of a server that has just been lost. */
async function lostRooms(log: BrokerLog): Promise<{ filter: RoomFilter; dead: string[] }> {
  await log.isLost();
  const [filter] = log.lost;
  if (!filter) throw new Error('all rooms are lost');
  return { filter, dead: ROOMS.filter(filter) };
}

describe('several servers', () => {
  it('have about the same number of rooms each, whoever asks and in whatever order', async () => {
    const [one, other] = [await link(), await link(servers.map(({ url }) => url).toReversed())];
    await one.link.subscribe(ROOMS);
    await Promise.all(ROOMS.map((room) => other.link.publish(room, Buffer.from(room))));
    await eventually(() => expect(one.packets).toHaveLength(ROOMS.length), 'all packets');
    await servers[0]?.kill();
    const { dead } = await lostRooms(one);
    expect(dead.length).toBeGreaterThan(60);
    expect(dead.length).toBeLessThan(140);
  });

  it('lose the rooms of one that dies, and no others', async () => {
    const [one, other] = [await link(), await link()];
    await one.link.subscribe(ROOMS);
    await servers[1]?.kill();
    const { filter, dead } = await lostRooms(one);
    await other.isLost();
    const outcomes = await Promise.all(
      ROOMS.map((room) => outcomeOf(other.link.publish(room, Buffer.from(room)))),
    );
    expect(ROOMS.filter((_, index) => outcomes[index] === 'refused')).toEqual(dead);
    expect(outcomes.filter((outcome) => outcome === 'accepted')).toHaveLength(
      ROOMS.length - dead.length,
    );
    await servers[1]?.restart();
    await Promise.all([one.isReady(), other.isReady()]);
    expect([one.lost, one.ready]).toEqual([[filter], [filter]]);
    await one.link.subscribe(dead);
    await Promise.all(dead.map((room) => other.link.publish(room, Buffer.from('back'))));
    await eventually(() => expect(one.packets).toHaveLength(ROOMS.length), 'the other packets');
  });

  it('start though one is not there, and tell that it is lost', async () => {
    await servers[2]?.kill();
    const log = await link();
    const { filter, dead } = await lostRooms(log);
    expect(dead.length).toBeGreaterThan(0);
    await servers[2]?.restart();
    await log.isReady();
    expect(log.ready).toEqual([filter]);
    await log.link.subscribe(ROOMS);
  });

  it('are refused where none is there', async () => {
    await Promise.all(servers.map((server) => server.kill()));
    await expect(link()).rejects.toMatchObject({ outcome: 'refused' });
  });

  it('answer with positions in the order of the rooms', async () => {
    const log = await link();
    const rooms = ROOMS.slice(0, 30);
    const kept = { history: { messages: 10, age: 60_000 } };
    const receipts = await Promise.all(
      rooms.map((room) => log.link.publish(room, Buffer.from('x'), kept)),
    );
    const positions = await log.history.positions([...rooms, ...rooms]);
    const expected = receipts.map(({ position }) => position);
    expect(positions).toEqual([...expected, ...expected]);
  });

  it('hold presence where they live, and a lease is new when one comes back', async () => {
    const [one, other] = [await link(), await link()];
    expect(await one.presence.renew('a', 20_000)).toBe(false);
    const changes = ROOMS.map((room) => ({
      room,
      change: 1,
      connection: 'ann',
      member: JSON.stringify(room),
    }));
    await one.presence.write('a', changes);
    await servers[0]?.kill();
    const { filter, dead } = await lostRooms(other);
    await one.isLost();
    expect(await one.presence.renew('a', 20_000)).toBe(true);
    await one.presence.write('a', changes);
    const counts = await Promise.all(
      ROOMS.map((room) => other.presence.count(room).catch(() => 'refused')),
    );
    expect(counts).toEqual(ROOMS.map((room) => (filter(room) ? 'refused' : 1)));
    await servers[0]?.restart();
    await Promise.all([one.isReady(), other.isReady()]);
    expect(await other.presence.count(dead[0] ?? '')).toBe(0);
    expect(await one.presence.renew('a', 20_000)).toBe(false);
    await one.presence.write('a', changes);
    expect(await Promise.all(ROOMS.map((room) => other.presence.count(room)))).toEqual(
      ROOMS.map(() => 1),
    );
    await one.presence.leave('a');
    await eventually(() => expect(other.gone).toEqual(['a', 'a', 'a']), 'its end on each server');
  });
});
