import { Body, Controller } from '@nestjs/common';
import {
  MemoryBroker,
  RoomAuthorizationTimeoutException,
  WebSocket,
  WebSocketConnection,
  type RevaliWsModuleOptions,
} from 'nestjs-revali-ws';

import { platforms } from '../../support/apps/platforms.js';
import { PresenceApp, Watching } from '../../support/apps/presence-app.js';
import { ChatRooms, RoomsApp, sizeOf } from '../../support/apps/rooms-app.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import { upgradeStatus } from '../../support/clients/upgrade-status.js';
import { eventually } from '../../support/deadline.js';
import { never } from '../../support/faults/scripted-broker.js';
import { gate } from '../../support/gate.js';

const JOIN_TIMEOUT = 50;

const UNAVAILABLE = {
  message: 'Rooms are not available',
  error: 'Service Unavailable',
  statusCode: 503,
};

const CULPRIT_AND_CURE =
  /authorize\(\) of rooms of "chat" has not answered within 50 ms.*rooms\.joinTimeout/;

@Controller('replying')
class ReplyingController {
  constructor(private readonly chat: ChatRooms) {}

  @WebSocket({ errors: 'reply', format: 'text' })
  async join(@Body() _text: string, connection: WebSocketConnection): Promise<void> {
    await this.chat.at('blue').join(connection);
  }
}

describe.each(platforms)('authorize() that does not answer in time ($name)', (platform) => {
  afterEach(closeAllApps);

  async function start(forRoot: RevaliWsModuleOptions = {}): Promise<RoomsApp> {
    const app = await RoomsApp.start(
      platform,
      { ...forRoot, rooms: { joinTimeout: JOIN_TIMEOUT } },
      { controllers: [ReplyingController] },
    );
    app.chat.verdict = never;
    return app;
  }

  it('refuses the handshake with 503, says when to try again, and tells the client no more', async () => {
    const app = await start();
    await expect(app.app.connect('/chat/blue')).rejects.toMatchObject({
      status: 503,
      headers: { 'retry-after': '5' },
      body: JSON.stringify(UNAVAILABLE),
    });
    expect(sizeOf(app.chat.at('blue'))).toBe(0);
  });

  it("refuses it with 4503 where refusal is 'close'", async () => {
    const { app } = await start({ refusal: 'close' });
    const client = await app.connect('/chat/blue');
    expect(await client.closed).toMatchObject({ code: 4503, reason: UNAVAILABLE.message });
  });

  it('closes with 1013 where a handler joins, and names kind and cure in the exception', async () => {
    const app = await start();
    const ann = await app.enter();
    let thrown: unknown;
    app.actOf(ann, async (connection) => {
      try {
        await app.chat.at('blue').join(connection);
      } catch (error) {
        thrown = error;
        throw error;
      }
    });
    expect(await ann.client.closed).toMatchObject({ code: 1013, reason: UNAVAILABLE.message });
    expect(thrown).toBeInstanceOf(RoomAuthorizationTimeoutException);
    expect(thrown).toMatchObject({
      kind: 'chat',
      message: expect.stringMatching(CULPRIT_AND_CURE) as unknown,
    });
  });

  it("answers with 503 where errors is 'reply', and the connection goes on", async () => {
    const app = await start();
    const client = await app.app.connect('/replying');
    client.send('join');
    expect(await client.json()).toEqual({ error: UNAVAILABLE });
    app.chat.verdict = () => true;
    client.send('join');
    await eventually(() => expect(sizeOf(app.chat.at('blue'))).toBe(1), 'the member');
    await app.chat.at('blue').broadcast('in');
    expect(await client.text()).toBe('in');
  });

  it('is logged with kind and cure, once however many wait', async () => {
    const app = await start();
    const paths = ['/chat/1', '/chat/2', '/chat/3'];
    const statuses = await Promise.all(paths.map((path) => upgradeStatus(app.app, path)));
    expect(statuses).toEqual([503, 503, 503]);
    const told = app.app.logs.entries.filter(({ context }) => context === 'WebSocketRooms');
    expect(told.map(({ level }) => level)).toEqual(['warn']);
    expect(told[0]?.message).toMatch(CULPRIT_AND_CURE);
  });

  describe.each([
    [1, 'before the broker confirms the room'],
    [2, 'after the broker has confirmed the room'],
  ])('and says yes later, where it is asked for time %d, %s', (late) => {
    /** A watcher of the room hears of all who come, and a broadcast of all who were in before. */
    async function startLate() {
      const app = await PresenceApp.start(platform, {
        broker: new MemoryBroker(),
        joinTimeout: JOIN_TIMEOUT,
      });
      const { open, opened } = gate();
      let asked = 0;
      app.present.verdict = () => {
        asked += 1;
        return asked === late ? opened.then(() => true) : true;
      };
      const room = app.present.at('blue');
      const sayYes = async (): Promise<void> => {
        expect(asked).toBe(late);
        open();
        await new Promise((resolve) => setImmediate(resolve));
        await new Promise((resolve) => setImmediate(resolve));
      };
      return { app, room, sayYes };
    }

    it('lets nobody in of a join that has failed', async () => {
      const { app, room, sayYes } = await startLate();
      const { client, connection } = await app.enter('free?user=eve');
      await expect(room.join(connection)).rejects.toThrow(RoomAuthorizationTimeoutException);
      const watching = new Watching(room);
      await watching.until('here');
      await sayYes();
      await room.broadcast('for members');
      expect([await room.presence(), room.has(connection)]).toEqual([[], false]);
      await connection.send('for eve');
      expect(await client.text()).toBe('for eve');
      await app.enter('present/blue?user=ann');
      await watching.until('here', 'joined ann');
      watching.stop();
    });

    it('lets nobody in of a handshake that was refused', async () => {
      const { app, room, sayYes } = await startLate();
      expect(await upgradeStatus(app.running, 'present/blue?user=eve')).toBe(503);
      const watching = new Watching(room);
      await watching.until('here');
      await sayYes();
      expect([await room.presence(), sizeOf(room)]).toEqual([[], 0]);
      await app.enter('present/blue?user=ann');
      await watching.until('here', 'joined ann');
      expect(await room.presence()).toMatchObject([{ key: 'ann', connections: 1 }]);
      watching.stop();
    });
  });
});
