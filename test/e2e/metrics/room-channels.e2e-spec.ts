import { AsyncLocalStorage } from 'node:async_hooks';

import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import { RoomsApp } from '../../support/apps/rooms-app.js';
import { eventually } from '../../support/deadline.js';
import { ScriptedBroker } from '../../support/faults/scripted-broker.js';
import { logChannel, unsubscribeAll } from '../../support/records/channel-log.js';

const storage = new AsyncLocalStorage<string>();
const JOINED = 'nestjs-revali-ws:room.joined';
const LEFT = 'nestjs-revali-ws:room.left';

describe.each(platforms)('Events of rooms ($name)', (platform) => {
  afterEach(async () => {
    unsubscribeAll();
    await closeAllApps();
  });

  it('tell who joins and leaves, and nothing of reservations that came to nothing', async () => {
    const [joined, left] = [logChannel(JOINED), logChannel(LEFT)];
    const app = await RoomsApp.start(platform);
    const { client, connection } = await app.enter('chat/blue');
    const event = { kind: 'chat', room: 'blue', connection };
    expect(joined.events).toEqual([event]);
    const other = app.other.at('a/b');
    await other.join(connection);
    await other.join(connection);
    expect(joined.events.slice(1)).toEqual([{ kind: 'other', room: 'a/b', connection }]);
    other.leave(connection);
    expect(left.events).toEqual([{ kind: 'other', room: 'a/b', connection }]);
    await app.chat.at('blue').expel({ connection: connection.id });
    expect(left.events.slice(1)).toEqual([event]);
    await client.close();
    app.chat.verdict = () => false;
    await app.app.connect('chat/blue').catch(() => undefined);
    expect([joined.events.length, left.events.length]).toEqual([2, 2]);
  });

  it('come in the asynchronous context of the connection, whoever brings them about', async () => {
    const seen: (string | undefined)[] = [];
    const keep = (): unknown => seen.push(storage.getStore());
    logChannel(JOINED, keep);
    logChannel(LEFT, keep);
    const app = await RoomsApp.start(
      platform,
      {},
      {
        configure: (nest) => {
          nest.use((_request: unknown, _response: unknown, next: () => void) =>
            storage.run('handshake', next),
          );
        },
      },
    );
    const { client, connection } = await app.enter('chat/blue');
    const room = app.other.at('green');
    await storage.run('somebody else', () => room.join(connection));
    storage.run('somebody else', () => room.leave(connection));
    await client.close();
    await eventually(() => expect(seen).toHaveLength(4), 'four events');
    expect(new Set(seen)).toEqual(new Set(['handshake']));
  });

  it('tell of the broker, and of gaps that it leaves', async () => {
    const [lost, ready] = ['lost', 'ready'].map((what) =>
      logChannel(`nestjs-revali-ws:broker.${what}`),
    );
    const gap = logChannel('nestjs-revali-ws:room.gap');
    const broker = new ScriptedBroker();
    const app = await RoomsApp.start(platform, { rooms: { broker } });
    expect(ready?.events).toEqual([{ broker: broker.name }]);
    await app.enter('chat/blue');
    broker.lose();
    expect(lost?.events).toEqual([{ broker: broker.name }]);
    broker.recover();
    const lostMs: unknown = expect.any(Number);
    expect(ready?.events.slice(1)).toEqual([{ broker: broker.name, lostMs }]);
    expect(await gap.event()).toEqual({ kind: 'chat', room: 'blue' });
  });
});
