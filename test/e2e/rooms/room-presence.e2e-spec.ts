import {
  BrokerCapabilityException,
  InvalidRoomMemberException,
  MemoryBroker,
  NoPresenceException,
  PresenceTooLargeException,
} from 'nestjs-revali-ws';

import { platforms } from '../../support/apps/platforms.js';
import { LINGER, PresenceApp, Watching } from '../../support/apps/presence-app.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import { upgradeStatus } from '../../support/clients/upgrade-status.js';
import { eventually, sleep } from '../../support/deadline.js';
import { PresenceBroker } from '../../support/faults/presence-broker.js';
import { ScriptedBroker } from '../../support/faults/scripted-broker.js';

describe.each(platforms)('Presence in rooms ($name)', (platform) => {
  afterEach(closeAllApps);

  it('tells who is here, in all applications, by key and in one order', async () => {
    const [one, two] = await PresenceApp.pair(platform);
    await one.enter('present/blue?user=bob');
    await two.enter('present/blue?user=ann');
    await two.enter('present/blue?user=bob');
    const expected = [
      { key: 'ann', member: { name: 'ANN' }, connections: 1 },
      { key: 'bob', member: { name: 'BOB' }, connections: 2 },
    ];
    for (const { present } of [one, two])
      await eventually(
        async () => expect(await present.at('blue').presence()).toEqual(expected),
        'all of them',
      );
    expect(await one.present.at('blue').count()).toEqual({ connections: 3 });
    expect(await one.present.at('green').presence()).toEqual([]);
    expect(await one.present.at('green').count()).toEqual({ connections: 0 });
  });

  it('takes the tabs of one user for one', async () => {
    const [one, two] = await PresenceApp.pair(platform);
    const watching = new Watching(one.present.at('blue'));
    await watching.until('here');
    const tabs = [
      await one.enter('present/blue?user=ann'),
      await two.enter('present/blue?user=ann'),
      await two.enter('present/blue?user=ann'),
    ];
    await watching.until('here', 'joined ann');
    const room = two.present.at('blue');
    await eventually(
      async () => expect(await room.presence()).toMatchObject([{ key: 'ann', connections: 3 }]),
      'three tabs',
    );
    expect(await one.present.at('blue').count()).toEqual({ connections: 3, keys: 1 });
    for (const { client } of tabs) {
      expect(watching.told).toEqual(['here', 'joined ann']);
      await client.close();
    }
    await watching.until('here', 'joined ann', 'left ann');
    watching.stop();
  });

  it('is streamed by a route to clients that are no members', async () => {
    const [one, two] = await PresenceApp.pair(platform);
    const ann = await one.enter('present/blue?user=ann');
    const watcher = await two.running.connect('who/blue');
    const member = { name: 'ANN' };
    expect(await watcher.json()).toEqual({
      type: 'here',
      present: [{ key: 'ann', member, connections: 1 }],
    });
    await one.enter('present/blue?user=bob');
    expect(await watcher.json()).toEqual({ type: 'joined', key: 'bob', member: { name: 'BOB' } });
    await ann.client.close();
    expect(await watcher.json()).toEqual({ type: 'left', key: 'ann', member });
    expect([...two.present.at('blue').local]).toEqual([]);
  });

  it('has the id of the connection as its key where nobody says another', async () => {
    const app = await PresenceApp.start(platform);
    const { connection } = await app.enter('anonymous/blue');
    expect(await app.anonymous.at('blue').presence()).toEqual([
      { key: connection.id, member: {}, connections: 1 },
    ]);
  });

  it('counts members only while they are: not before the 101, nor after leave() and expel()', async () => {
    const app = await PresenceApp.start(platform);
    const room = app.present.at('blue');
    const watching = new Watching(room);
    app.present.verdict = () => false;
    expect(await upgradeStatus(app.running, 'present/blue?user=eve')).toBe(403);
    app.present.verdict = () => true;
    const ann = await app.enter('present/blue?user=ann');
    const bob = await app.enter('present/blue?user=bob');
    await watching.until('here', 'joined ann', 'joined bob');
    room.leave(ann.connection);
    await watching.until('here', 'joined ann', 'joined bob', 'left ann');
    await room.expel({ connection: bob.connection.id });
    await watching.until('here', 'joined ann', 'joined bob', 'left ann', 'left bob');
    expect(await room.presence()).toEqual([]);
    watching.stop();
  });

  it('is what join() says, and is updated by another one', async () => {
    const app = await PresenceApp.start(platform);
    const room = app.present.at('blue');
    const { connection } = await app.enter('free');
    const watching = new Watching(room);
    await watching.until('here');
    await room.join(connection, { as: { key: 'ann', name: 'Ann' } });
    await room.join(connection);
    await room.join(connection, { as: { key: 'ann', name: 'Ann' } });
    await watching.until('here', 'joined ann');
    await room.join(connection, { as: { key: 'ann', name: 'Anna' } });
    await watching.until('here', 'joined ann', 'updated ann');
    expect(await room.presence()).toEqual([
      { key: 'ann', member: { name: 'Anna' }, connections: 1 },
    ]);
    await room.join(connection, { as: { key: 'eve', name: 'Eve' } });
    await watching.until('here', 'joined ann', 'updated ann', 'left ann', 'joined eve');
    watching.stop();
  });

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('no such user');
      },
    ],
    ['gives no key', () => ({ name: 'Ann' })],
    ['gives nothing', () => undefined],
    ['gives a promise', () => Promise.resolve({ key: 'ann' })],
    ['gives what has no JSON form', () => ({ key: 'ann', big: 1n })],
  ])('lets nobody in of whom memberOf() %s', async (_what, describeIt) => {
    const app = await PresenceApp.start(platform);
    app.present.describe = describeIt as typeof app.present.describe;
    const room = app.present.at('blue');
    expect(await upgradeStatus(app.running, 'present/blue?user=ann')).toBe(500);
    const { connection } = await app.enter('free');
    await expect(room.join(connection)).rejects.toThrow(/no such user|A member of rooms/);
    expect(room.has(connection)).toBe(false);
    expect([...room.local]).toEqual([]);
    expect(await room.presence()).toEqual([]);
  });

  it('refuses an "as" without a key, and one in rooms without presence', async () => {
    const app = await PresenceApp.start(platform);
    const { connection } = await app.enter('free');
    const as = { key: '', name: 'Ann' };
    await expect(app.present.at('blue').join(connection, { as })).rejects.toThrow(
      InvalidRoomMemberException,
    );
    await expect(app.plain.at('blue').join(connection, { as: as as never })).rejects.toThrow(
      NoPresenceException,
    );
    expect(app.plain.at('blue').has(connection)).toBe(false);
  });

  it('takes a return within the linger time for no event, and tells a longer absence', async () => {
    const app = await PresenceApp.start(platform);
    const room = app.lingering.at('blue');
    const watching = new Watching(room);
    const first = await app.enter('lingering/blue?user=ann');
    await watching.until('here', 'joined ann');
    await first.client.close();
    await eventually(async () => expect(await room.presence()).toEqual([]), 'nobody');
    const late = new Watching(room);
    await late.until('here ann×0');
    late.stop();
    const second = await app.enter('lingering/blue?user=ann');
    await sleep(LINGER * 1.5);
    expect(watching.told).toEqual(['here', 'joined ann']);
    await second.client.close();
    await watching.until('here', 'joined ann', 'left ann');
    watching.stop();
  });

  it('counts where it need not know who, at most once a second', async () => {
    const broker = new PresenceBroker();
    const app = await PresenceApp.start(platform, { broker });
    const room = app.counted.at('blue');
    for (let index = 0; index < 5; index += 1) await app.enter('counted/blue');
    await eventually(async () => expect(await room.count()).toEqual({ connections: 5 }), 'five');
    const writes = broker.calls.filter((call) => call.startsWith('write'));
    expect(writes).toEqual(['writeCount 1', 'writeCount 5']);
  });

  it.each([
    ['counted', { connections: 0 }],
    ['plain', undefined],
  ] as const)('is refused by %s rooms, with the cure', async (kind, count) => {
    const app = await PresenceApp.start(platform);
    const room = app[kind].at('blue');
    await expect(room.presence()).rejects.toThrow(NoPresenceException);
    expect(() => room.watch()).toThrow(/watch\(\).*"(counted|rooms)".*presence: true/);
    if (count) expect(await room.count()).toEqual(count);
    else await expect(room.count()).rejects.toThrow(/presence: true.*presence: 'count'/);
  });

  it('refuses lists of more than 10,000 connections, and names count()', async () => {
    const broker = new PresenceBroker();
    const app = await PresenceApp.start(platform, { broker });
    broker.leases.set('other', Infinity);
    broker.stored('present/blue', 'other').connections = 10_001;
    const room = app.present.at('blue');
    await expect(room.presence()).rejects.toThrow(PresenceTooLargeException);
    await expect(room.presence()).rejects.toThrow('count()');
    expect(await room.count()).toEqual({ connections: 10_001 });
    const watching = new Watching(room);
    await eventually(
      () => expect(watching.error).toBeInstanceOf(PresenceTooLargeException),
      'the refusal',
    );
    expect(broker.calls).not.toContain('read');
  });

  it('keeps an application from starting whose broker keeps nobody', async () => {
    const starting = PresenceApp.start(platform, { broker: new ScriptedBroker() });
    await expect(starting).rejects.toThrow(BrokerCapabilityException);
    await expect(starting).rejects.toThrow(/Rooms.*presence.*ScriptedBroker.*rooms\.presence/);
  });

  it('is kept in another store where the module says so', async () => {
    const store = new PresenceBroker();
    const { presence } = store.link({
      onPacket: () => undefined,
      onLost: () => undefined,
      onReady: () => undefined,
      onNodeGone: () => undefined,
    });
    const rooms = { broker: new ScriptedBroker(), presence, nodeLease: 300 };
    const app = await PresenceApp.start(platform, rooms);
    const watching = new Watching(app.present.at('blue'));
    await app.enter('present/blue?user=ann');
    await watching.until('here', 'joined ann');
    // Nobody tells of nodes that are gone: the list is read again.
    const [node = ''] = store.leases.keys();
    store.leases.set('other', Infinity);
    const [, card = ''] = [...store.stored('present/blue', node).entries][0] ?? [];
    store.stored('present/blue', 'other').entries.set('x', card.replace('"ann"', '"bob"'));
    await watching.until('here', 'joined ann', 'joined bob');
    store.end('other');
    await watching.until('here', 'joined ann', 'joined bob', 'left bob');
    watching.stop();
  });

  it('has a broker of its own that keeps it', () => {
    expect(new MemoryBroker().capabilities).toMatchObject({ presence: true });
  });
});
