import { InvalidCloseCodeException, NoPresenceException } from 'nestjs-revali-ws';

import { platforms } from '../../support/apps/platforms.js';
import { PresenceApp } from '../../support/apps/presence-app.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import { eventually } from '../../support/deadline.js';

describe.each(platforms)('Expelling a key ($name)', (platform) => {
  afterEach(closeAllApps);

  it('makes everybody of it leave that room, in all applications, and nobody else', async () => {
    const [one, two] = await PresenceApp.pair(platform);
    const tabs = [
      await one.enter('present/blue?user=ann'),
      await one.enter('present/blue?user=ann'),
      await two.enter('present/blue?user=ann'),
    ];
    const elsewhere = await two.enter('present/green?user=ann');
    const bob = await two.enter('present/blue?user=ann%22,1');
    await one.present.at('blue').expel({ key: 'ann' });
    await eventually(async () => {
      const present = await two.present.at('blue').presence();
      expect(present.map(({ key }) => key)).toEqual(['ann",1']);
    }, 'their end');
    expect([...one.present.at('blue').local]).toEqual([]);
    await one.present.at('blue').broadcast('gone');
    await one.present.at('green').broadcast('there');
    expect(await bob.client.text()).toBe('gone');
    expect(await elsewhere.client.text()).toBe('there');
    for (const { client } of tabs) expect(client.isOpen).toBe(true);
  });

  it('closes their connections where a code is given', async () => {
    const [one, two] = await PresenceApp.pair(platform);
    const tabs = [
      await one.enter('present/blue?user=ann'),
      await two.enter('present/blue?user=ann'),
      await two.enter('present/blue?user=ann'),
    ];
    const bob = await two.enter('present/blue?user=bob');
    await one.present.at('blue').expel({ key: 'ann' }, { code: 4001, reason: 'Out' });
    for (const { client } of tabs)
      expect(await client.closed).toMatchObject({ code: 4001, reason: 'Out' });
    expect(bob.client.isOpen).toBe(true);
    expect([...two.present.at('blue').local]).toEqual([bob.connection]);
  });

  it('goes by what join() has said of them last', async () => {
    const app = await PresenceApp.start(platform);
    const room = app.present.at('blue');
    const { connection } = await app.enter('present/blue?user=ann');
    await room.join(connection, { as: { key: 'eve', name: 'Eve' } });
    await room.expel({ key: 'ann' });
    expect(room.has(connection)).toBe(true);
    await room.expel({ key: 'eve' });
    expect(room.has(connection)).toBe(false);
  });

  it('is refused where nobody keeps keys, and with a code that cannot be sent', async () => {
    const app = await PresenceApp.start(platform);
    for (const rooms of [app.counted, app.plain])
      await expect(rooms.at('blue').expel({ key: 'ann' })).rejects.toThrow(NoPresenceException);
    const refused = app.present.at('blue').expel({ key: 'ann' }, { code: 1005 });
    await expect(refused).rejects.toThrow(InvalidCloseCodeException);
  });
});
