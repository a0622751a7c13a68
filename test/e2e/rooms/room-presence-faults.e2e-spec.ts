import { BrokerUnavailableException, MemoryBroker } from 'nestjs-revali-ws';

import { platforms } from '../../support/apps/platforms.js';
import { PresenceApp, Watching } from '../../support/apps/presence-app.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import { eventually, sleep } from '../../support/deadline.js';
import { unhandled } from '../../support/faults/leaks.js';
import { PresenceBroker } from '../../support/faults/presence-broker.js';
import { settledTimers } from '../../support/faults/settled-timers.js';

const NODE_LEASE = 600;

describe.each(platforms)('Presence, where something ends ($name)', (platform) => {
  afterEach(closeAllApps);

  it('sees an application that closes as one that is gone, before its connections are closed', async () => {
    const broker = new PresenceBroker();
    const [one, two] = await PresenceApp.pair(platform, { broker });
    const watching = new Watching(one.present.at('blue'));
    await one.enter('present/blue?user=ann');
    const { client } = await two.enter('present/blue?user=bob');
    await two.enter('present/blue?user=eve');
    await watching.until('here', 'joined ann', 'joined bob', 'joined eve');
    const before = broker.calls.length;
    await two.running.close();
    await client.closed;
    await watching.until('here', 'joined ann', 'joined bob', 'joined eve', 'left bob', 'left eve');
    const calls = broker.calls.slice(before).filter((call) => /leave|write|publish/.test(call));
    expect(calls).toEqual(['leave']);
    expect(await one.present.at('blue').presence()).toMatchObject([{ key: 'ann' }]);
    watching.stop();
  });

  it('ends for those who watch in an application that closes', async () => {
    const app = await PresenceApp.start(platform);
    const watching = new Watching(app.present.at('blue'));
    await watching.until('here');
    await app.running.close();
    expect(watching.isComplete).toBe(true);
    const late = new Watching(app.present.at('blue'));
    expect([late.isComplete, late.told]).toEqual([true, []]);
  });

  it('forgets a killed application when its lease has run out', async () => {
    const broker = new MemoryBroker();
    const [one, two] = await PresenceApp.pair(platform, { broker, nodeLease: NODE_LEASE });
    const room = one.present.at('blue');
    const watching = new Watching(room);
    await one.enter('present/blue?user=ann');
    await two.enter('present/blue?user=bob');
    await watching.until('here', 'joined ann', 'joined bob');
    // Both leases are renewed meanwhile.
    await sleep(NODE_LEASE * 1.5);
    expect(await room.presence()).toMatchObject([{ key: 'ann' }, { key: 'bob' }]);
    broker.partition(1);
    expect(await room.presence()).toMatchObject([{ key: 'ann' }, { key: 'bob' }]);
    await watching.until('here', 'joined ann', 'joined bob', 'left bob');
    expect(await room.presence()).toMatchObject([{ key: 'ann' }]);
    watching.stop();
  });

  it('brings everybody back of an application that was away for longer than its lease', async () => {
    const broker = new MemoryBroker();
    const [one, two] = await PresenceApp.pair(platform, { broker, nodeLease: NODE_LEASE });
    const watching = new Watching(one.present.at('blue'));
    const { client } = await two.enter('present/blue?user=bob');
    await two.enter('present/blue?user=eve');
    await watching.until('here', 'joined bob', 'joined eve');
    broker.partition(1);
    await watching.until('here', 'joined bob', 'joined eve', 'left bob', 'left eve');
    await client.close();
    broker.heal(1);
    await eventually(
      async () => expect(await one.present.at('blue').presence()).toMatchObject([{ key: 'eve' }]),
      'eve',
    );
    await eventually(() => expect(watching.told.at(-1)).toBe('joined eve'), 'eve again');
    expect(watching.told).toHaveLength(6);
    watching.stop();
  });

  it('is unknown while the link is lost, and then tells what has changed', async () => {
    const broker = new MemoryBroker();
    const [one, two] = await PresenceApp.pair(platform, { broker });
    const room = one.present.at('blue');
    const watching = new Watching(room);
    const ann = await one.enter('present/blue?user=ann');
    const bob = await two.enter('present/blue?user=bob');
    await watching.until('here', 'joined ann', 'joined bob');
    broker.partition(0);
    const told = ['here', 'joined ann', 'joined bob', 'unknown'];
    await watching.until(...told);
    await expect(room.presence()).rejects.toThrow(BrokerUnavailableException);
    await expect(room.count()).rejects.toThrow(BrokerUnavailableException);
    const late = new Watching(room);
    await late.until('unknown');
    await bob.client.close();
    await ann.client.close();
    await two.enter('present/blue?user=eve');
    broker.heal(0);
    await watching.until(...told, 'left ann', 'left bob', 'joined eve', 'here eve×1');
    expect(late.told.at(-1)).toBe('here eve×1');
    late.stop();
    watching.stop();
  });

  it('is told anew to a broker that has forgotten everything', async () => {
    const broker = new MemoryBroker();
    const [one, two] = await PresenceApp.pair(platform, { broker });
    await one.enter('present/blue?user=ann');
    await two.enter('present/blue?user=bob');
    await two.enter('counted/blue');
    const counted = one.counted.at('blue');
    await eventually(async () => expect(await counted.count()).toEqual({ connections: 1 }), 'one');
    broker.forget();
    for (const { present } of [one, two])
      await eventually(
        async () =>
          expect(await present.at('blue').presence()).toMatchObject([
            { key: 'ann' },
            { key: 'bob' },
          ]),
        'both',
      );
    await eventually(async () => expect(await counted.count()).toEqual({ connections: 1 }), 'one');
  });

  it('does no harm while the broker is lost, and members come and go', async () => {
    const broker = new MemoryBroker();
    const app = await PresenceApp.start(platform, { broker });
    const recorder = unhandled();
    const ann = await app.enter('present/blue?user=ann');
    const { connection } = await app.enter('free');
    broker.partition();
    await app.present.at('blue').join(connection, { as: { key: 'bob', name: 'Bob' } });
    await ann.client.close();
    await sleep(50);
    broker.heal();
    await eventually(
      async () => expect(await app.present.at('blue').presence()).toMatchObject([{ key: 'bob' }]),
      'bob',
    );
    expect(await recorder.release()).toEqual([]);
  });

  it('leaves nothing behind: no timers, no entries, no subscriptions', async () => {
    const broker = new PresenceBroker();
    const app = await PresenceApp.start(platform, { broker, nodeLease: NODE_LEASE });
    const timers = await settledTimers();
    const room = app.present.at('blue');
    const watchings = [new Watching(room), new Watching(room), new Watching(app.lingering.at('x'))];
    await watchings[0]?.until('here');
    expect(broker.links[0]?.subscribed).toEqual(new Set(['present/blue', 'lingering/x']));
    expect(broker.calls.filter((call) => call === 'read')).toHaveLength(2);
    const clients = [
      await app.enter('present/blue?user=ann'),
      await app.enter('counted/blue'),
      await app.enter('lingering/x?user=ann'),
    ];
    for (const watching of watchings) watching.stop();
    for (const { client } of clients) await client.close();
    await eventually(() => expect(broker.links[0]?.subscribed.size).toBe(0), 'no subscriptions');
    // A count is written once a second, and let go a second later.
    await eventually(async () => {
      const renewals = broker.calls.filter((call) => call === 'renew').length;
      await sleep(NODE_LEASE);
      expect(broker.calls.filter((call) => call === 'renew')).toHaveLength(renewals);
    }, 'the end of the lease');
    expect(await settledTimers()).toBe(timers);
    const stored = [...broker.rooms.values()].flatMap((nodes) => Array.from(nodes.values()));
    expect(stored.map(({ connections }) => connections)).toEqual([0, 0, 0]);
  });
});
