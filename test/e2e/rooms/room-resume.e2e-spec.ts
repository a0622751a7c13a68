import { platforms } from '../../support/apps/platforms.js';
import { HistoryApp, lines, say, story } from '../../support/apps/history-app.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import type { TestClient } from '../../support/clients/test-client.js';
import { upgradeStatus } from '../../support/clients/upgrade-status.js';
import { eventually } from '../../support/deadline.js';

/** Where a client is after the next so many lines. */
async function placeAfter(client: TestClient, count: number): Promise<string> {
  const { room, position } = (await lines(client, count)).findLast(({ kind }) => kind) ?? {};
  return `${room}~${position}`;
}

describe.each(platforms)('Clients of rooms that come back ($name)', (platform) => {
  afterEach(closeAllApps);

  /** Two applications with one broker; a client of the first is in the room, and has heard "1". */
  async function start(kind: 'kept' | 'short' = 'kept') {
    const { apps, broker } = await HistoryApp.cluster(platform, 2);
    const [one, two] = apps;
    if (!one || !two) throw new Error('nobody');
    const room = one[kind].at('a');
    const client = await one.headed(`${kind}/a`);
    await say(room, '1');
    const place = await placeAfter(client, 3);
    return { one, two, broker, room, client, place };
  }

  it('get what they missed from another application, in order and before the welcome', async () => {
    const { two, room, client, place } = await start();
    client.terminate();
    await say(room, '2', '3', '4');
    const back = await two.headed('kept/a', place);
    expect(await story(back, 5)).toEqual(['j 1', 'm 2', 'm 3', 'm 4', 'welcome']);
    await say(room, '5');
    expect(await story(back, 1)).toEqual(['m 5']);
  });

  it('get it over many comings and goings, while others speak', async () => {
    const { one, two, room } = await start();
    let sent = 1;
    let place = '';
    const heard: string[] = [];
    let client = await one.headed('kept/a');
    place = await placeAfter(client, 2);
    for (let turns = 0; turns < 10; turns += 1) {
      const speaking = Array.from({ length: 7 }, () => room.broadcast(String((sent += 1))));
      client.terminate();
      client = await (turns % 2 ? one : two).headed('kept/a', place);
      await Promise.all(speaking);
      const end = String((sent += 1));
      await room.broadcast(end);
      for (let last = ''; last !== end;) {
        const [line] = await lines(client, 1);
        if (line?.kind === 'j') expect(line.isContinued).toBe(true);
        if (line?.kind !== 'm') continue;
        heard.push((last = line.payload));
        place = `${line.room}~${line.position}`;
      }
    }
    expect(heard).toEqual(Array.from({ length: sent - 1 }, (_, index) => String(index + 2)));
  });

  it('get it though their application was cut off meanwhile', async () => {
    const { one, two, broker, client } = await start();
    broker.partition(0);
    await say(two.kept.at('a'), '2', '3');
    await expect(one.kept.at('a').broadcast('x')).rejects.toMatchObject({ outcome: 'refused' });
    broker.heal(0);
    expect(await story(client, 2)).toEqual(['m 2', 'm 3']);
    await say(two.kept.at('a'), '4');
    expect(await story(client, 1)).toEqual(['m 4']);
  });

  it.each([
    ['was trimmed', () => undefined],
    ['is forgotten', ({ broker }: { broker: { forget(): void } }) => broker.forget()],
  ] as const)('get all of nothing, and are told so, where it %s', async (_how, lose) => {
    const { two, broker, room, client, place } = await start('short');
    client.terminate();
    await say(room, '2', '3', '4', '5', '6', '7');
    lose({ broker });
    const back = await two.headed('short/a', place);
    expect(await story(back, 2)).toEqual(['j 0', 'welcome']);
    await eventually(() => say(room, '8'), 'the broker');
    expect(await story(back, 1)).toEqual(['m 8']);
  });

  it('get all of nothing where a failover has thrown away what they have seen', async () => {
    const { two, broker, room, client } = await start();
    await say(room, '2', '3');
    const place = await placeAfter(client, 2);
    client.terminate();
    broker.fork('kept/a', 2);
    await say(room, '2b', '3b', '4b');
    const back = await two.headed('kept/a', place);
    expect(await story(back, 2)).toEqual(['j 0', 'welcome']);
  });

  it.each([
    ['ahead', 'kept/a~zz.abcdef01'],
    ['at 2^53 - 1', `kept/a~${Number.MAX_SAFE_INTEGER.toString(36)}.abcdef01`],
    ['at 2^53', `kept/a~${(2 ** 53).toString(36)}.abcdef01`],
    ['negative', 'kept/a~-1.abcdef01'],
    ['before the first', 'kept/a~0.abcdef01'],
    ['with another tag', 'kept/a~1.ffffffff'],
    ['junk', 'kept/a~'],
    ['junk in hex', 'kept/%ff~1.abcdef01'],
    ['of another room', 'kept/b~1.abcdef01'],
    ['of a kind that is none', '__proto__~1.abcdef01'],
  ])('get nothing for a position that nobody gave: %s', async (_how, token) => {
    const { two, room } = await start();
    const back = await two.headed('kept/a', token);
    expect(await story(back, 2)).toEqual(['j 0', 'welcome']);
    await say(room, '2');
    expect(await story(back, 1)).toEqual(['m 2']);
  });

  it('get nothing for the position of another room', async () => {
    const { two, one, place } = await start();
    await say(one.kept.at('b'), 'secret 1', 'secret 2');
    const back = await two.headed('kept/b', place.replace('kept/a', 'kept/b'));
    expect(await story(back, 2)).toEqual(['j 0', 'welcome']);
  });

  it('go on in 64 rooms at once', async () => {
    const { one, two } = await start();
    const names = Array.from({ length: 64 }, (_, index) => `r${index}`);
    const path = `many?rooms=${names.join('-')}`;
    const client = await one.headed(path);
    const places = (await lines(client, 65)).flatMap(({ kind, room, position }) =>
      kind === 'j' ? [`${room}~${position}`] : [],
    );
    client.terminate();
    for (const name of names) await say(one.kept.at(name), name);
    const back = await two.headed(path, ...places);
    const told = await story(back, 129);
    expect(told.filter((line) => line === 'j 1')).toHaveLength(64);
    expect(told.filter((line) => line.startsWith('m')).toSorted()).toEqual(
      names.map((name) => `m ${name}`).toSorted(),
    );
    expect(told.at(-1)).toBe('welcome');
  });

  it('go on once: who leaves, and enters again, begins anew', async () => {
    const { one, room, client, place } = await start();
    client.terminate();
    await say(room, '2');
    const back = await one.headed('kept/a', place);
    expect(await story(back, 3)).toEqual(['j 1', 'm 2', 'welcome']);
    const connection = await one.connection(-1);
    room.leave(connection);
    await say(room, '3');
    expect(await room.join(connection)).not.toHaveProperty('recovered');
    expect(await story(back, 2)).toEqual(['l', 'j 0']);
  });

  it('get the newest first where a route says so, unless they go on from somewhere', async () => {
    const { one, two, room, place } = await start();
    await say(room, '2', '3', '4', '5');
    expect(await story(await two.headed('replayed/a'), 5)).toEqual(
      'j 0,m 3,m 4,m 5,welcome'.split(','),
    );
    expect(await story(await one.headed('replayed/a', place), 6)).toEqual(
      'j 1,m 2,m 3,m 4,m 5,welcome'.split(','),
    );
    const bare = await two.app.connect('replayed/a');
    expect([await bare.text(), await bare.text(), await bare.text()]).toEqual(['3', '4', '5']);
    expect(await bare.text()).toBe('welcome');
  });

  it('are new members where they do not ask for headers', async () => {
    const { two, room, client, place } = await start();
    client.terminate();
    await say(room, '2');
    const bare = await two.app.connect(`kept/a?resume=${encodeURIComponent(place)}`);
    expect(await bare.text()).toBe('welcome');
    await say(room, '3');
    expect(await bare.text()).toBe('3');
  });

  it('are told nothing of a room that they may not enter', async () => {
    const { two, room, place } = await start();
    two.kept.allows = false;
    await say(room, '2');
    const path = `/kept/a?resume=${encodeURIComponent(place)}`;
    expect(await upgradeStatus(two.app, path)).toBe(403);
  });
});
