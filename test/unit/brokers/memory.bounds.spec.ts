import { jest } from '@jest/globals';

import { MemoryLink } from '../../../lib/brokers/memory/memory.link.js';
import { MemoryServer } from '../../../lib/brokers/memory/memory.server.js';
import { NodePresences } from '../../../lib/brokers/memory/node.presences.js';
import { IDLE_AGE, MAX_IDLE, RoomHistories } from '../../../lib/brokers/memory/room.histories.js';

const ROOM = 'chat/blue';
const KEPT = { messages: 10, age: 60_000 };
const TEXT = Buffer.from('x');
const MINUTE = 60_000;

const deaf = {
  onPacket: () => undefined,
  onLost: () => undefined,
  onReady: () => undefined,
  onNodeGone: () => undefined,
};

function start() {
  const server = new MemoryServer();
  return { server, link: new MemoryLink(server, deaf, 0, () => undefined) };
}

function presences() {
  const gone: string[] = [];
  const nodes = new NodePresences({
    schedule: (end) => end(),
    onGone: (node) => gone.push(node),
  });
  return { nodes, gone, owner: { events: deaf } };
}

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  jest.useRealTimers();
});

describe('What a MemoryBroker keeps', () => {
  it('is gone a day after rooms have', async () => {
    const { server, link } = start();
    for (let number = 0; number < 1_000; number += 1)
      await link.publish(`chat/${number}`, TEXT, { history: KEPT, id: 'id' });
    await link.history.positions(['chat/asked']);
    expect(server.keeps).toBe(true);
    await jest.advanceTimersByTimeAsync(IDLE_AGE + MINUTE);
    expect(server.keeps).toBe(false);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('stays while a link has subscribed the room', async () => {
    const { link } = start();
    await link.subscribe([ROOM]);
    const { position } = await link.publish(ROOM, TEXT, { history: KEPT });
    await jest.advanceTimersByTimeAsync(IDLE_AGE * 2);
    expect(await link.history.positions([ROOM])).toEqual([position]);
    await link.unsubscribe([ROOM]);
    await jest.advanceTimersByTimeAsync(IDLE_AGE * 2);
    const [fresh] = await link.history.positions([ROOM]);
    expect(fresh?.offset).toBe(0);
    expect(fresh?.tag).not.toBe(position?.tag);
  });

  it('lets a quiet room go on with its numbers for a day', async () => {
    const { link } = start();
    const { position } = await link.publish(ROOM, TEXT, { history: KEPT });
    await jest.advanceTimersByTimeAsync(IDLE_AGE - MINUTE);
    expect(await link.history.positions([ROOM])).toEqual([position]);
  });

  it('is bounded, and of rooms without anybody those are kept that were used last', () => {
    const histories = new RoomHistories((room) => room === 'chat/subscribed');
    histories.position('chat/subscribed');
    for (let number = 0; number < MAX_IDLE + 10; number += 1) histories.position(`chat/${number}`);
    jest.advanceTimersByTime(1);
    const used = histories.position('chat/0');
    histories.sweep(Date.now());
    expect(histories.size).toBe(MAX_IDLE + 1);
    expect(histories.position('chat/0')).toEqual(used);
  });

  it('takes a repeated id for the same message for two minutes', async () => {
    const { link } = start();
    const publish = async () => {
      const { position } = await link.publish(ROOM, TEXT, { history: KEPT, id: 'id' });
      return position?.offset;
    };
    expect(await publish()).toBe(1);
    jest.advanceTimersByTime(2 * MINUTE - 1);
    expect(await publish()).toBe(1);
    jest.advanceTimersByTime(1);
    expect(await publish()).toBe(2);
  });

  it('holds no timer when the last link has closed', async () => {
    const { link } = start();
    await link.publish(ROOM, TEXT, { history: KEPT, id: 'id' });
    expect(jest.getTimerCount()).toBe(1);
    await link.close();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('needs no timer without history', async () => {
    const { link } = start();
    await link.subscribe([ROOM]);
    await link.publish(ROOM, TEXT);
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe('Who is present in a MemoryBroker', () => {
  it('is gone with the lease, to the millisecond, and nothing is left', () => {
    const { nodes, gone, owner } = presences();
    nodes.renew('a', 1_000, owner);
    nodes.writeCount('a', ROOM, 3, owner);
    jest.advanceTimersByTime(999);
    expect([nodes.count(ROOM), gone]).toEqual([3, []]);
    jest.advanceTimersByTime(1);
    expect([nodes.count(ROOM), gone, nodes.size]).toEqual([0, ['a'], 0]);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('is left out when the lease has run out, though the event loop was too busy to tell', () => {
    const { nodes, gone, owner } = presences();
    nodes.renew('a', 1_000, owner);
    nodes.writeCount('a', ROOM, 3, owner);
    jest.setSystemTime(Date.now() + 1_000);
    expect([nodes.count(ROOM), nodes.read(ROOM), gone]).toEqual([0, [], []]);
    nodes.renew('a', 1_000, owner);
    expect([nodes.count(ROOM), gone]).toEqual([0, ['a']]);
    jest.advanceTimersByTime(999);
    expect(gone).toEqual(['a']);
  });

  it('has one timer a node, however often it is renewed, and none after it has left', () => {
    const { nodes, owner } = presences();
    for (let times = 0; times < 5; times += 1) nodes.renew('a', 1_000, owner);
    expect(jest.getTimerCount()).toBe(1);
    nodes.leave('a');
    expect(jest.getTimerCount()).toBe(0);
  });

  it('is forgotten where its node never gets a lease, and nobody is told', () => {
    const { nodes, gone, owner } = presences();
    nodes.writeCount('a', ROOM, 3, owner);
    expect(nodes.count(ROOM)).toBe(0);
    nodes.renew('a', 1_000, owner);
    expect(nodes.count(ROOM)).toBe(3);
    nodes.writeCount('b', ROOM, 3, owner);
    jest.advanceTimersByTime(MINUTE);
    expect([nodes.size, gone]).toEqual([0, ['a']]);
  });
});
