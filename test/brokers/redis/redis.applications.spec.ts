import { RedisBroker } from 'nestjs-revali-ws/redis';

import { HistoryApp, lines, say, story } from '../../support/apps/history-app.js';
import { platforms } from '../../support/apps/platforms.js';
import { PresenceApp, Watching } from '../../support/apps/presence-app.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import { eventually } from '../../support/deadline.js';
import { RedisStage } from '../../support/servers/redis-stage.js';

let stage: RedisStage;

beforeEach(async () => {
  stage = await RedisStage.open({ appendOnly: true });
});

afterEach(async () => {
  await closeAllApps();
  await stage.close();
});

describe.each(platforms)('Applications that share a Redis ($name)', (platform) => {
  /** The second one through the bad network. */
  async function startTwo() {
    const direct = new RedisBroker({ url: stage.server.url });
    const proxied = new RedisBroker({ url: stage.url });
    return [
      await HistoryApp.start(platform, { broker: direct, leaveDelay: 20 }),
      await HistoryApp.start(platform, { broker: proxied, leaveDelay: 20 }),
    ] as const;
  }

  it('tell the members of all, and a node without members hears nothing', async () => {
    const [one, two] = await startTwo();
    const client = await two.app.connect('bare/a');
    expect(await client.text()).toBe('welcome');
    await one.bare.at('a').broadcast('hello');
    expect(await client.text()).toBe('hello');
    const admin = stage.admin();
    expect(await admin.pubsub('NUMSUB', 'rws:c:bare/a')).toEqual(['rws:c:bare/a', 1]);
    client.terminate();
    await eventually(
      async () => expect(await admin.pubsub('NUMSUB', 'rws:c:bare/a')).toEqual(['rws:c:bare/a', 0]),
      'the subscription to end',
    );
  });

  it('resume what was missed on another one, in order', async () => {
    const [one, two] = await startTwo();
    const room = one.kept.at('a');
    const client = await one.headed('kept/a');
    await say(room, '1');
    const told = await lines(client, 3);
    const { position } = told.findLast(({ kind }) => kind === 'm') ?? {};
    client.terminate();
    await say(room, '2', '3', '4');
    const back = await two.headed('kept/a', `kept/a~${position}`);
    expect(await story(back, 5)).toEqual(['j 1', 'm 2', 'm 3', 'm 4', 'welcome']);
    await say(two.kept.at('a'), '5');
    expect(await story(back, 1)).toEqual(['m 5']);
  });

  it('catch up after a cut, and lose nothing', async () => {
    const [one, two] = await startTwo();
    const client = await two.headed('kept/a');
    expect(await story(client, 2)).toEqual(['j 0', 'welcome']);
    stage.proxy.cut();
    await eventually(() => expect(two.kept.status).toBe('lost'), 'the link to be lost');
    await say(one.kept.at('a'), '1', '2', '3');
    await expect(two.kept.at('a').broadcast('x')).rejects.toMatchObject({ outcome: 'refused' });
    stage.proxy.mend();
    expect(await story(client, 3)).toEqual(['m 1', 'm 2', 'm 3']);
    expect(two.kept.gaps).toEqual([]);
  });

  it('go on where Redis is killed and has kept what it had', async () => {
    const [one, two] = await startTwo();
    const client = await two.headed('kept/a');
    await story(client, 2);
    await say(one.kept.at('a'), '1');
    await stage.server.restart();
    await eventually(() => expect(one.kept.status).toBe('ready'), 'the link to be back');
    await say(one.kept.at('a'), '2');
    expect(await story(client, 2)).toEqual(['m 1', 'm 2']);
  });

  it('know who is there, and that all are gone when one closes', async () => {
    const one = await PresenceApp.start(platform, {
      broker: new RedisBroker({ url: stage.server.url }),
    });
    const two = await PresenceApp.start(platform, { broker: new RedisBroker({ url: stage.url }) });
    const watching = new Watching(one.present.at('blue'));
    await watching.until('here');
    await two.enter('present/blue?user=ann');
    await two.enter('counted/blue');
    await watching.until('here', 'joined ann');
    expect(await one.present.at('blue').presence()).toMatchObject([{ key: 'ann' }]);
    await eventually(
      async () => expect(await one.counted.at('blue').count()).toEqual({ connections: 1 }),
      'the count',
    );
    await two.running.close();
    await watching.until('here', 'joined ann', 'left ann');
    watching.stop();
    await one.running.close();
    expect(await stage.admin().keys('*')).toEqual([]);
  });

  it('find out that one has died', async () => {
    const one = await PresenceApp.start(platform, {
      broker: new RedisBroker({ url: stage.server.url }),
    });
    const two = await PresenceApp.start(platform, {
      broker: new RedisBroker({ url: stage.url }),
      nodeLease: 2_000,
    });
    const watching = new Watching(one.present.at('blue'));
    await two.enter('present/blue?user=ann');
    await watching.until('here', 'joined ann');
    stage.proxy.cut();
    await watching.until('here', 'joined ann', 'left ann');
    expect(await one.present.at('blue').presence()).toEqual([]);
    stage.proxy.mend();
    await watching.until('here', 'joined ann', 'left ann', 'joined ann');
    watching.stop();
  });
});
