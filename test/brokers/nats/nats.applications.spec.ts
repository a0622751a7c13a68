import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { NatsBroker } from 'nestjs-revali-ws/nats';

import { HistoryApp, lines, say, story } from '../../support/apps/history-app.js';
import { platforms } from '../../support/apps/platforms.js';
import { PresenceApp, Watching } from '../../support/apps/presence-app.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import { eventually } from '../../support/deadline.js';
import { NatsServer } from '../../support/servers/nats-server.js';

describe.each(platforms)('Two applications on NATS ($name)', (platform) => {
  let server: NatsServer;

  const broker = (): NatsBroker => new NatsBroker({ servers: server.url, jetStream: true });
  const pair = async (): Promise<[HistoryApp, HistoryApp]> => [
    await HistoryApp.start(platform, { broker: broker() }),
    await HistoryApp.start(platform, { broker: broker() }),
  ];

  beforeEach(async () => {
    server = await NatsServer.start({ jetStream: true });
  });
  afterEach(async () => {
    await closeAllApps();
    await server.stop();
  });

  it('tell members of both what is broadcast in one', async () => {
    const [one, two] = await pair();
    const ann = await one.app.connect('/bare/blue');
    const bob = await two.app.connect('/bare/blue');
    expect([await ann.text(), await bob.text()]).toEqual(['welcome', 'welcome']);
    await one.bare.at('blue').broadcast('from one');
    await two.bare.at('blue').broadcast('from two');
    for (const client of [ann, bob])
      expect(new Set([await client.text(), await client.text()])).toEqual(
        new Set(['from one', 'from two']),
      );
  });

  it('let a client go on in the other one, without hole or repetition', async () => {
    const [one, two] = await pair();
    const ann = await one.headed('/kept/blue');
    const [joined] = await lines(ann, 2);
    await say(one.kept.at('blue'), '1', '2');
    const heard = await lines(ann, 2);
    await ann.close();
    await say(two.kept.at('blue'), '3', '4');
    const place = `kept/blue~${heard[1]?.position}`;
    const back = await two.headed('/kept/blue', place);
    expect(await story(back, 4)).toEqual(['j 1', 'm 3', 'm 4', 'welcome']);
    await say(one.kept.at('blue'), '5');
    expect(await story(back, 1)).toEqual(['m 5']);
    const all = await two.headed('/kept/blue', `kept/blue~${joined?.position}`);
    expect(await story(all, 7)).toEqual(['j 1', 'm 1', 'm 2', 'm 3', 'm 4', 'm 5', 'welcome']);
    const { messages, isComplete } = await one.kept.at('blue').history();
    expect(messages.map(({ message }) => message)).toEqual(['1', '2', '3', '4', '5']);
    expect(isComplete).toBe(true);
  });

  it('announce what an empty server has lost, before anything else', async () => {
    const [one, two] = await pair();
    const ann = await one.headed('/kept/blue');
    await lines(ann, 2);
    await say(two.kept.at('blue'), '1');
    expect(await story(ann, 1)).toEqual(['m 1']);
    await server.restartEmpty();
    await eventually(
      () => expect([one.kept.status, two.kept.status]).toEqual(['ready', 'ready']),
      'both',
    );
    expect(await story(ann, 1)).toEqual(['g']);
    await eventually(() => two.kept.at('blue').broadcast('2'), 'a broadcast');
    expect(await story(ann, 1)).toEqual(['m 2']);
  });

  it('tell nothing twice and nothing in vain when the server is killed', async () => {
    const [one, two] = await pair();
    const ann = await one.headed('/kept/blue');
    await lines(ann, 2);
    await say(two.kept.at('blue'), '1', '2');
    await server.kill();
    await eventually(() => expect(two.kept.status).toBe('lost'), 'the end');
    await server.restart();
    await eventually(() => expect(two.kept.status).toBe('ready'), 'the server');
    await say(two.kept.at('blue'), '3');
    expect(await story(ann, 3)).toEqual(['m 1', 'm 2', 'm 3']);
    expect(one.kept.gaps).toEqual([]);
  });

  it('know who is here, and leave nothing behind', async () => {
    const one = await PresenceApp.start(platform, { broker: broker() });
    const two = await PresenceApp.start(platform, { broker: broker() });
    const watching = new Watching(two.present.at('blue'));
    await watching.until('here');
    await one.enter('present/blue?user=ann');
    await watching.until('here', 'joined ann');
    const bob = await two.enter('present/blue?user=bob');
    await one.enter('counted/blue?user=cleo');
    await watching.until('here', 'joined ann', 'joined bob');
    for (const { present } of [one, two])
      await eventually(
        async () =>
          expect((await present.at('blue').presence()).map(({ key }) => key).toSorted()).toEqual([
            'ann',
            'bob',
          ]),
        'both',
      );
    await eventually(
      async () => expect(await two.counted.at('blue').count()).toEqual({ connections: 1 }),
      'the count',
    );
    await bob.client.close();
    await watching.until('here', 'joined ann', 'joined bob', 'left bob');
    await one.running.close();
    await watching.until('here', 'joined ann', 'joined bob', 'left bob', 'left ann');
    watching.stop();
    await two.running.close();
    const own = await connect({ servers: server.url });
    const manager = await jetstreamManager(own);
    const { state } = await manager.streams.info('rws_presence');
    expect(state.messages).toBe(0);
    await own.close();
  });
});
