import { lastValueFrom, take, toArray } from 'rxjs';
import { MemoryBroker, NoHistoryException, RoomGapException } from 'nestjs-revali-ws';

import { HistoryApp, lines, say, story } from '../../support/apps/history-app.js';
import { platforms } from '../../support/apps/platforms.js';
import { sizeOf } from '../../support/apps/rooms-app.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import { eventually, within } from '../../support/deadline.js';
import { gate } from '../../support/gate.js';

describe.each(platforms)('Gaps of rooms ($name)', (platform) => {
  afterEach(closeAllApps);

  it('are told before any later message, and once to the kind, while bare members live on', async () => {
    const { apps, broker } = await HistoryApp.cluster(platform, 2);
    const [one, two] = apps;
    if (!one || !two) throw new Error('nobody');
    const headed = await one.headed('short/a');
    const bare = await one.app.connect('short/a');
    expect(await bare.text()).toBe('welcome');
    broker.partition(0);
    await say(two.short.at('a'), '1', '2', '3', '4', '5', '6', '7', '8');
    broker.heal(0);
    const told = await lines(headed, 8);
    expect(told.map(({ kind, payload }) => kind ?? payload)).toEqual(
      'j,welcome,g,m,m,m,m,m'.split(','),
    );
    expect(told.slice(3).map(({ payload }) => payload)).toEqual(['4', '5', '6', '7', '8']);
    for (const text of ['4', '5', '6', '7', '8']) expect(await bare.text()).toBe(text);
    expect(one.short.gaps).toEqual([{ room: 'a', position: told[2]?.position }]);
    expect(two.short.gaps).toEqual([]);
    expect(bare.isOpen).toBe(true);
  });

  it('are told where a failover has thrown away what members have seen', async () => {
    const { apps, broker } = await HistoryApp.cluster(platform, 1);
    const [app] = apps;
    const client = await app?.headed('kept/a');
    if (!app || !client) throw new Error('nobody');
    await say(app.kept.at('a'), '1', '2', '3');
    broker.fork('kept/a', 2);
    await say(app.kept.at('a'), '2b', '3b');
    expect(await story(client, 8)).toEqual('j 0,welcome,m 1,m 2,m 3,g,m 2b,m 3b'.split(','));
    expect(app.kept.gaps).toHaveLength(1);
  });

  it('are no gaps where the history fills them', async () => {
    const { apps, broker } = await HistoryApp.cluster(platform, 1);
    const [app] = apps;
    const client = await app?.headed('kept/a');
    if (!app || !client) throw new Error('nobody');
    broker.lose(3);
    await say(app.kept.at('a'), '1', '2', '3', '4');
    expect(await story(client, 6)).toEqual(['j 0', 'welcome', 'm 1', 'm 2', 'm 3', 'm 4']);
    expect(app.kept.gaps).toEqual([]);
  });

  it('show though the lost message is the last, for members and listeners', async () => {
    const { apps, broker } = await HistoryApp.cluster(platform, 1, { positionCheck: 50 });
    const [app] = apps;
    if (!app) throw new Error('nobody');
    const client = await app.headed('kept/a');
    const heard: unknown[] = [];
    const listening = app.kept
      .at('b')
      .listen()
      .subscribe(({ message }) => heard.push(message));
    // Whoever listens is told of this one.
    await eventually(async () => {
      await say(app.kept.at('b'), '0');
      expect(heard).toContain('0');
    }, 'the listener');
    broker.lose(2);
    await say(app.kept.at('a'), 'lost');
    await say(app.kept.at('b'), 'lost');
    expect(await story(client, 3)).toEqual(['j 0', 'welcome', 'm lost']);
    await eventually(() => expect(heard).toContain('lost'), 'the lost one');
    listening.unsubscribe();
  });

  it('are told without a position where nothing is kept, to the kind only where it has members', async () => {
    const { apps, broker } = await HistoryApp.cluster(platform, 2);
    const [one, two] = apps;
    if (!one || !two) throw new Error('nobody');
    const client = await one.headed('bare/a');
    const heard: unknown[] = [];
    const failed = new Promise((resolve) => {
      const next = ({ message }: { message: unknown }): void => void heard.push(message);
      one.bare.at('b').listen().subscribe({ next, error: resolve });
    });
    await eventually(async () => {
      await say(one.bare.at('b'), 'x');
      expect(heard).toContain('x');
    }, 'the listener');
    expect(await story(client, 2)).toEqual(['j 0', 'welcome']);
    broker.partition(0);
    broker.heal(0);
    const [gap] = await lines(client, 1);
    expect(gap).toMatchObject({ kind: 'g', room: 'bare/a' });
    expect(gap?.position).toBeUndefined();
    expect(await within(failed, 'the gap')).toBeInstanceOf(RoomGapException);
    expect(one.bare.gaps).toEqual([{ room: 'a' }]);
  });

  it('are told before what comes ahead of the confirmation', async () => {
    const broker = new MemoryBroker();
    const confirmation = gate();
    let confirmed = Promise.resolve();
    let subscriptions = 0;
    const link = broker.connect.bind(broker);
    broker.connect = async (events, options) => {
      const opened = await link(events, options);
      const subscribe = opened.subscribe.bind(opened);
      opened.subscribe = async (rooms) => {
        await subscribe(rooms);
        subscriptions += 1;
        await confirmed;
      };
      return opened;
    };
    const app = await HistoryApp.start(platform, { broker });
    const client = await app.headed('bare/a');
    expect(await story(client, 2)).toEqual(['j 0', 'welcome']);
    confirmed = confirmation.opened;
    broker.partition();
    broker.heal();
    await eventually(() => expect(subscriptions).toBe(2), 'the subscription');
    await say(app.bare.at('a'), 'early');
    expect(await story(client, 2)).toEqual(['g', 'm early']);
    confirmation.open();
    await say(app.bare.at('a'), 'later');
    expect(await story(client, 1)).toEqual(['m later']);
    expect(app.bare.gaps).toEqual([{ room: 'a' }]);
  });
});

describe.each(platforms)('History of rooms ($name)', (platform) => {
  afterEach(closeAllApps);

  it('is read from the end, from a position, and as far as asked for', async () => {
    const app = await HistoryApp.start(platform);
    const room = app.kept.at('a');
    expect(await room.history()).toMatchObject({ messages: [], isComplete: true });
    const { position: start } = await room.history();
    await say(room, '1', '2', '3');
    const all = await room.history();
    expect(all.messages.map(({ message }) => message)).toEqual(['1', '2', '3']);
    expect(all.position).toBe(all.messages[2]?.position);
    expect(await room.history({ limit: 1 })).toMatchObject({ messages: [{ message: '3' }] });
    const rest = await room.history({ after: all.messages[0]?.position ?? '', limit: 1 });
    expect(rest).toMatchObject({ messages: [{ message: '2' }], isComplete: true });
    expect(await room.history({ after: start })).toMatchObject({ isComplete: true });
    const forged = await room.history({ after: '1.ffffffff' });
    expect(forged).toMatchObject({ isComplete: false, position: all.position });
    expect(await room.history({ after: 'zz.ffffffff' })).toMatchObject({ isComplete: false });
    await expect(room.history({ after: 'junk' })).rejects.toThrow(TypeError);
    await expect(room.history({ limit: 0 })).rejects.toThrow(RangeError);
    await expect(app.bare.at('a').history()).rejects.toThrow(NoHistoryException);
  });

  it('says where some of it is kept no more', async () => {
    const app = await HistoryApp.start(platform);
    const room = app.short.at('a');
    const { position: after } = await room.history();
    await say(room, '1', '2', '3', '4', '5');
    expect(await room.history({ after })).toMatchObject({ isComplete: true });
    await say(room, '6');
    expect(await room.history({ after })).toMatchObject({ isComplete: false });
  });

  it('gives back what was broadcast: texts, bytes and what became JSON', async () => {
    const app = await HistoryApp.start(platform);
    const room = app.kept.at('a');
    const sent = ['text', '{"a":1}', Buffer.from([0, 255]), { a: [1, null] }, 7, null, true];
    for (const message of sent) await room.broadcast(message);
    const { messages } = await room.history();
    expect(messages.map(({ message }) => message)).toEqual(sent);
    const heard = room.listen({ after: messages[0]?.position ?? '' }).pipe(take(6), toArray());
    expect(await lastValueFrom(heard)).toEqual(messages.slice(1));
  });

  it('is heard on from a position, once and in order, and let go', async () => {
    const app = await HistoryApp.start(platform, { leaveDelay: 20 });
    const room = app.kept.at('a');
    const { position: after } = await room.history();
    await say(room, '1', '2');
    const heard: unknown[] = [];
    const listening = room.listen({ after }).subscribe(({ message }) => heard.push(message));
    await say(room, '3', '4');
    await eventually(() => expect(heard).toEqual(['1', '2', '3', '4']), 'all');
    listening.unsubscribe();
    await say(room, '5');
    expect(heard).toHaveLength(4);
    expect(sizeOf(room)).toBe(0);
    const failed = new Promise((resolve) => {
      room.listen({ after: '1.ffffffff' }).subscribe({ error: resolve });
    });
    expect(await failed).toBeInstanceOf(RoomGapException);
  });

  it('accepts the same id once, with the same position', async () => {
    const { apps } = await HistoryApp.cluster(platform, 2);
    const [one, two] = apps;
    if (!one || !two) throw new Error('nobody');
    const client = await one.headed('kept/a');
    const first = await one.kept.at('a').broadcast('x', { id: '1', receipt: true });
    const second = await two.kept.at('a').broadcast('x', { id: '1', receipt: true });
    expect(second).toEqual(first);
    await say(one.kept.at('a'), 'end');
    expect(await story(client, 4)).toEqual(['j 0', 'welcome', 'm x', 'm end']);
  });
});
