import { randomBytes } from 'node:crypto';

import { eventually } from '../../support/deadline.js';
import { unhandled } from '../../support/faults/leaks.js';
import { outcomeOf } from '../../support/records/broker-log.js';
import { RedisStage } from '../../support/servers/redis-stage.js';

const KEPT = { history: { messages: 10, age: 60_000 } };
/** Each character that a name can have, and some that names cannot have. */
const NAMES = [
  'chat/*',
  'chat/>',
  'chat/[a-z]',
  'chat/{blue}',
  'chat/}{',
  'chat/a:b:c',
  'chat/\u0000\r\n',
  'chat/"\'\\ ',
  'chat/é€😀',
  `chat/${'ü'.repeat(100)}`,
];

let stage: RedisStage;

beforeEach(async () => {
  stage = await RedisStage.open();
});

afterEach(() => stage.close());

describe('what others do in the same Redis', () => {
  it('is not told, whatever they publish on channels of rooms', async () => {
    const faults = unhandled();
    const log = await stage.link();
    await log.link.subscribe(['chat/blue']);
    const admin = stage.admin();
    const texts = ['', ' ', '1', '1 ', 'x', '1 00000000 ', '1 0000000g 00000000 x', '01-0', '{}'];
    const random = Array.from({ length: 200 }, (_, index) => randomBytes(index % 40));
    // A packet that is not kept begins with a dash.
    const garbage = [...texts, ...random].filter((bytes) => String(bytes)[0] !== '-');
    for (const bytes of garbage) await admin.publish('test:c:chat/blue', bytes);
    for (const bytes of garbage) await admin.publish('test:g', bytes);
    await log.link.publish('chat/blue', Buffer.from('end'));
    await eventually(() => expect(log.textsOf('chat/blue').at(-1)).toBe('end'), 'the end');
    expect(log.packets).toHaveLength(1);
    expect(await faults.release()).toEqual([]);
  });

  it('is refused where a key is not what it should be', async () => {
    const log = await stage.link();
    const admin = stage.admin();
    await admin.set('test:s:chat/blue', 'x');
    await admin.hset('test:m:chat/blue', { o: '1', t: '00000000', n: '10', a: '60000' });
    expect(await outcomeOf(log.link.publish('chat/blue', Buffer.from('1'), KEPT))).toBe('refused');
    expect(await outcomeOf(log.history.read('chat/blue', undefined, 10))).toBe('refused');
    expect(log.lost).toEqual([]);
  });

  it('is refused where its memory is full, and goes on when there is some', async () => {
    const log = await stage.link();
    const admin = stage.admin();
    await log.link.publish('chat/blue', Buffer.from('1'), KEPT);
    await admin.config('SET', 'maxmemory', '1');
    expect(await outcomeOf(log.link.publish('chat/blue', Buffer.from('2'), KEPT))).toBe('refused');
    await admin.config('SET', 'maxmemory', '0');
    const { position } = await log.link.publish('chat/blue', Buffer.from('3'), KEPT);
    expect(position?.offset).toBe(2);
  });

  it('breaks the chain where they throw away what is known of a room', async () => {
    const log = await stage.link();
    for (const text of ['1', '2', '3'])
      await log.link.publish('chat/blue', Buffer.from(text), KEPT);
    await stage.admin().del('test:m:chat/blue');
    const { position } = await log.link.publish('chat/blue', Buffer.from('4'), KEPT);
    expect(position?.offset).toBe(1);
    const { entries } = await log.history.read('chat/blue', undefined, 10);
    expect(entries.map(({ packet }) => packet.toString())).toEqual(['4']);
  });

  it('is another application where its prefix is another', async () => {
    const [one, other] = [await stage.link('one'), await stage.link('two')];
    await Promise.all([one, other].map(({ link }) => link.subscribe(['chat/blue'])));
    await one.link.publish('chat/blue', Buffer.from('1'), KEPT);
    await other.link.publish('chat/blue', Buffer.from('2'), KEPT);
    await one.hears('chat/blue', ['1']);
    await other.hears('chat/blue', ['2']);
  });
});

describe('names', () => {
  it('of any bytes are rooms of their own', async () => {
    const log = await stage.link();
    await log.link.subscribe(NAMES);
    await log.presence.renew('node', 20_000);
    for (const room of NAMES) {
      await log.link.publish(room, Buffer.from(room), KEPT);
      await log.presence.write('node', [{ room, change: 1, connection: room, member: room }]);
    }
    await eventually(() => expect(log.packets).toHaveLength(NAMES.length), 'all packets');
    for (const room of NAMES) {
      expect(log.textsOf(room)).toEqual([room]);
      expect((await log.history.read(room, undefined, 10)).entries).toHaveLength(1);
      expect(await log.presence.read(room)).toEqual([
        { node: 'node', change: 1, connections: 0, entries: [{ connection: room, member: room }] },
      ]);
    }
  });
});

describe('keys', () => {
  it('are those of before when all have left', async () => {
    const admin = stage.admin();
    const [one, other] = [await stage.link(), await stage.link()];
    const rooms = Array.from({ length: 50 }, (_, index) => `chat/${index}`);
    for (const [node, { presence, link }] of [['a', one] as const, ['b', other] as const]) {
      await link.subscribe(rooms);
      await presence.renew(node, 20_000);
      for (const connection of ['ann', 'bob'])
        await presence.write(
          node,
          rooms.map((room) => ({ room, change: 1, connection, member: '{}' })),
        );
      for (const room of rooms) await presence.writeCount(node, room, 3);
    }
    expect(await admin.dbsize()).toBe(153);
    await one.presence.leave('a');
    for (const room of rooms) await other.presence.writeCount('b', room, 0);
    for (const connection of ['ann', 'bob'])
      await other.presence.write(
        'b',
        rooms.map((room) => ({ room, change: 2, connection, member: undefined })),
      );
    expect(await admin.keys('*')).toEqual(['test:l']);
    await other.presence.leave('b');
    await Promise.all([one, other].map((log) => log.close()));
    expect(await admin.keys('*')).toEqual([]);
    expect(await admin.pubsub('CHANNELS')).toEqual([]);
  });

  it('of history end by themselves', async () => {
    const log = await stage.link();
    const admin = stage.admin();
    await log.link.publish('chat/blue', Buffer.from('1'), { ...KEPT, id: 'one' });
    await log.history.positions(['chat/red']);
    const keys = (await admin.keys('*')).toSorted();
    expect(keys).toEqual([
      'test:i:9:chat/blue:one',
      'test:m:chat/blue',
      'test:m:chat/red',
      'test:s:chat/blue',
    ]);
    const lives = await Promise.all(keys.map((key) => admin.pttl(key)));
    const day = 24 * 60 * 60 * 1_000;
    for (const [index, most] of [120_000, day + 60_000, day, 60_000].entries()) {
      expect(lives[index]).toBeGreaterThan(most - 10_000);
      expect(lives[index]).toBeLessThanOrEqual(most);
    }
  });

  it('of history are bounded by number and by age', async () => {
    const log = await stage.link();
    const admin = stage.admin();
    const few = { history: { messages: 10, age: 60_000 } };
    for (let sent = 0; sent < 500; sent += 1)
      await log.link.publish('chat/many', Buffer.from(`${sent}`), few);
    expect(await admin.xlen('test:s:chat/many')).toBeLessThan(210);
    const short = { history: { messages: 100_000, age: 100 } };
    const end = performance.now() + 1_000;
    let sent = 0;
    for (; performance.now() < end || sent < 500; sent += 1)
      await log.link.publish('chat/short', Buffer.from(`${sent}`), short);
    expect(await admin.xlen('test:s:chat/short')).toBeLessThan(sent * 0.6 + 200);
  });
});
