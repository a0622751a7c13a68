import { Body, Controller } from '@nestjs/common';
import {
  JoinRoom,
  MemoryBroker,
  Rooms,
  WebSocket,
  WebSocketConnection,
  WebSocketRooms,
  type RoomNames,
} from 'nestjs-revali-ws';

import { startApp } from '../../support/apps/app-factory.js';
import { platforms, type Platform } from '../../support/apps/platforms.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';
import { upgradeStatus } from '../../support/clients/upgrade-status.js';
import { eventually } from '../../support/deadline.js';

const nameOf = ({ request }: WebSocketConnection<object>): string =>
  new URL(request.url, 'ws://here').searchParams.get('u') ?? '';

@WebSocketRooms('talk', { presence: true, reauthorize: true, history: { messages: 50, age: '1m' } })
class TalkRooms extends Rooms<string, object> {
  readonly asked: string[] = [];
  verdict: (user: string) => unknown = () => true;

  protected override authorize(
    connection: WebSocketConnection<object>,
  ): boolean | Promise<boolean> {
    this.asked.push(nameOf(connection));
    return this.verdict(nameOf(connection)) as boolean;
  }

  protected override memberOf(connection: WebSocketConnection<object>): { key: string } {
    return { key: nameOf(connection) };
  }
}

@Controller()
class TalkController {
  connections: WebSocketConnection[] = [];

  @JoinRoom(TalkRooms, ':room')
  @WebSocket('talk/:room', { triggerOnConnect: true, format: 'text' })
  talk(@Body() text: string | undefined, connection: WebSocketConnection): void {
    if (text === undefined) this.connections.push(connection);
  }

  @JoinRoom(TalkRooms, (() => Promise.reject(new Error('late'))) as unknown as RoomNames)
  @WebSocket('promised')
  promised(): void {
    // Never reached.
  }
}

/** A promise in the hands of the test. */
function gate(): { open: (value: boolean) => void; opened: Promise<boolean> } {
  let open: (value: boolean) => void = () => undefined;
  const opened = new Promise<boolean>((resolve) => (open = resolve));
  return { open: (value) => open(value), opened };
}

describe.each(platforms)('Those on their way into a room ($name)', (platform) => {
  afterEach(closeAllApps);

  const start = (on: Platform, broker = new MemoryBroker()): Promise<RunningApp> =>
    startApp(on, {
      forRoot: { rooms: { broker } },
      controllers: [TalkController],
      providers: [TalkRooms],
    });

  it.each(['the room has members here', 'nobody is there yet'])(
    'are expelled while authorize() is asked, where %s',
    async (where) => {
      const app = await start(platform);
      const rooms = app.app.get(TalkRooms);
      if (where === 'the room has members here') await app.connect('/talk/a?u=ann');
      const { open, opened } = gate();
      let banned = false;
      // As it stands when it is asked.
      rooms.verdict = (user) => {
        const isAllowed = user !== 'eve' || !banned;
        return user === 'eve' ? opened.then(() => isAllowed) : true;
      };
      const status = upgradeStatus(app, '/talk/a?u=eve');
      await eventually(() => expect(rooms.asked).toContain('eve'), 'eve to be asked for');
      await rooms.at('a').expel({ key: 'eve' });
      if (where === 'nobody is there yet') banned = true;
      open(true);
      expect(await status).toBe(403);
      expect((await rooms.at('a').presence()).map(({ key }) => key)).not.toContain('eve');
    },
  );

  it('are let in by true alone', async () => {
    const app = await start(platform);
    const rooms = app.app.get(TalkRooms);
    for (const junk of ['false', 1, {}, 'true']) {
      rooms.verdict = () => junk;
      expect(await upgradeStatus(app, '/talk/a?u=eve')).toBe(403);
    }
  });

  it('leave nothing of a join that is refused', async () => {
    const app = await start(platform);
    const rooms = app.app.get(TalkRooms);
    const client = await app.connect('/talk/a?u=ann');
    const { connections } = app.app.get(TalkController);
    const connection = await eventually(() => {
      const [first] = connections;
      if (!first) throw new Error('nobody');
      return first;
    }, 'the connection');
    rooms.verdict = () => false;
    await expect(rooms.at('b').join(connection)).rejects.toThrow('Forbidden room');
    expect(await rooms.at('b').presence()).toEqual([]);
    rooms.verdict = () => true;
    for (const junk of [Number.NaN, 0.5, -1, 'abc', {}, true])
      await expect(rooms.at('b').join(connection, { replay: junk as number })).rejects.toThrow(
        RangeError,
      );
    await expect(rooms.at('b').join(connection, { as: null as never })).rejects.toThrow();
    expect(rooms.at('b').has(connection)).toBe(false);
    await rooms.at('a').broadcast('hi');
    expect(await client.text()).toBe('hi');
  });

  it('hear everything from a join on that comes before their 101', async () => {
    const app = await start(platform);
    const rooms = app.app.get(TalkRooms);
    const { open, opened } = gate();
    let joined = false;
    const hall = rooms.at('hall');
    Object.defineProperty(rooms, 'authorize', {
      value: async (connection: WebSocketConnection<object>, room: string): Promise<boolean> => {
        if (room !== 'a') return true;
        await hall.join(connection);
        joined = true;
        return opened;
      },
    });
    const connecting = app.connect('/talk/a?u=slow', { protocols: ['revali.v1'] });
    await eventually(() => expect(joined).toBe(true), 'the join');
    await hall.broadcast('one');
    open(true);
    const client = await connecting;
    await hall.broadcast('two');
    const texts: string[] = [];
    while (texts.length < 4) texts.push(await client.text());
    const ofHall = texts.filter((text) => text.includes('talk/hall'));
    expect(ofHall.map((text) => text.replace(/ \S+\.\S+/, ''))).toEqual([
      'j talk/hall 0\n',
      'm talk/hall\none',
      'm talk/hall\ntwo',
    ]);
  });

  it('are refused where the names of their rooms are a promise', async () => {
    const app = await start(platform);
    expect(await upgradeStatus(app, '/promised')).toBe(500);
  });

  it.each([undefined, {}, { connection: undefined }, { key: 7 }, { key: '' }, 'id'])(
    'and members are not expelled by %j',
    async (who) => {
      const app = await start(platform);
      const room = app.app.get(TalkRooms).at('a');
      await expect(room.expel(who as never)).rejects.toThrow(TypeError);
    },
  );
});
