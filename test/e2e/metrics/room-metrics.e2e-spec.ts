import { Controller } from '@nestjs/common';
import { JoinRoom, MemoryBroker, RevaliWsMetrics, Rooms, WebSocket } from 'nestjs-revali-ws';

import { startApp } from '../../support/apps/app-factory.js';
import { platforms } from '../../support/apps/platforms.js';
import { PresenceApp, Watching } from '../../support/apps/presence-app.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';
import { RoomsApp } from '../../support/apps/rooms-app.js';
import { eventually } from '../../support/deadline.js';
import { ScriptedBroker } from '../../support/faults/scripted-broker.js';

const roomsOf = ({ app }: RunningApp) => app.get(RevaliWsMetrics).snapshot().rooms;

@Controller()
class PlainController {
  @WebSocket('plain')
  plain(): void {}
}

@Controller()
class HallController {
  @JoinRoom(Rooms, 'hall')
  @WebSocket('hall')
  hall(): void {}
}

describe.each(platforms)('Metrics of rooms ($name)', (platform) => {
  afterEach(closeAllApps);

  it('are absent until somebody asks for a room, and kinds of rooms are asked for at start', async () => {
    const app = await startApp(platform, { controllers: [PlainController] });
    expect(Object.keys(app.app.get(RevaliWsMetrics).snapshot())).not.toContain('rooms');
    app.app.get(Rooms).at('hall');
    expect(roomsOf(app)).toMatchObject({ rooms: 0, broker: { status: 'ready' } });
    expect(roomsOf((await RoomsApp.start(platform)).app)).toMatchObject({ rooms: 0 });
    const joining = await startApp(platform, { controllers: [HallController] });
    await joining.connect('/hall');
    expect(roomsOf(joining)).toMatchObject({ rooms: 1, members: 1 });
  });

  it('count what is told, and to whom', async () => {
    const app = await RoomsApp.start(platform);
    const [ann] = await app.enterAll(3, 'chat/blue');
    await app.other.at('green').join((await app.enter()).connection);
    const blue = app.chat.at('blue');
    await blue.broadcast('one');
    await blue.broadcast('two', { except: ann?.connection ?? [] });
    await app.chat.at('nobody').broadcast('three');
    const zero: unknown = expect.any(Number);
    expect(roomsOf(app.app)).toEqual({
      rooms: 2,
      members: 4,
      broadcasts: 3,
      accepted: 3,
      refused: 0,
      unknown: 0,
      received: 2,
      delivered: 5,
      skipped: 1,
      dropped: 0,
      behind: 0,
      caughtUp: 0,
      gaps: { node: 0, member: 0 },
      resumes: { recovered: 0, fromRing: 0, fromBroker: 0, failed: 0 },
      fanOutLag: 0,
      broker: { status: 'ready', since: zero, reconnects: 0, subscriptions: 2, pending: 0 },
      presence: { entries: 0, watchers: 0, writes: 0 },
    });
  });

  it('tell of the link to the broker, and of what it has cost', async () => {
    const broker = new ScriptedBroker();
    const app = await RoomsApp.start(platform, { rooms: { broker } });
    await app.enter('chat/blue');
    const { since = 0 } = roomsOf(app.app)?.broker ?? {};
    broker.lose();
    await expect(app.chat.at('blue').broadcast('lost')).rejects.toThrow();
    expect(roomsOf(app.app)).toMatchObject({ refused: 1, broker: { status: 'lost' } });
    expect(roomsOf(app.app)?.broker.since).toBeGreaterThanOrEqual(since);
    broker.recover();
    await eventually(
      () =>
        expect(roomsOf(app.app)).toMatchObject({
          gaps: { node: 1 },
          delivered: 0,
          broker: { status: 'ready', reconnects: 1, subscriptions: 1 },
        }),
      'the link and a gap',
    );
  });

  it('count who is kept, who watches, and what is written', async () => {
    const app = await PresenceApp.start(platform, { broker: new MemoryBroker() });
    const watching = new Watching(app.present.at('blue'));
    const { client } = await app.enter('present/blue?user=ann');
    await watching.until('here', 'joined ann');
    expect(roomsOf(app.running)?.presence).toEqual({ entries: 1, watchers: 1, writes: 1 });
    await client.close();
    await watching.until('here', 'joined ann', 'left ann');
    watching.stop();
    expect(roomsOf(app.running)?.presence).toEqual({ entries: 0, watchers: 0, writes: 2 });
  });
});
