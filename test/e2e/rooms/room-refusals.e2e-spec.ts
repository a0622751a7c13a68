import { Controller, ForbiddenException, ImATeapotException } from '@nestjs/common';
import { JoinRoom, WebSocket, type WebSocketConnection } from 'nestjs-revali-ws';
import { WebSocket as WebSocketClient } from 'ws';

import { platforms } from '../../support/apps/platforms.js';
import { ChatRooms, OtherRooms, RoomsApp, sizeOf } from '../../support/apps/rooms-app.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import { upgradeStatus } from '../../support/clients/upgrade-status.js';
import { eventually } from '../../support/deadline.js';
import { never, ScriptedBroker } from '../../support/faults/scripted-broker.js';
import { gate } from '../../support/gate.js';

@Controller('two')
class TwoController {
  @JoinRoom(OtherRooms, ':id')
  @JoinRoom(ChatRooms, ':id')
  @WebSocket(':id')
  two(): void {}

  @JoinRoom(OtherRooms, ':id')
  @JoinRoom(ChatRooms, () => {
    throw new ImATeapotException();
  })
  @WebSocket(':id/throws')
  throws(): void {}

  @JoinRoom(OtherRooms, ':id')
  @JoinRoom(ChatRooms, () => [undefined] as unknown as string[])
  @WebSocket(':id/wrong')
  wrong(): void {}

  @JoinRoom(OtherRooms, ':id')
  @JoinRoom(ChatRooms, () => ['a', 'a'.repeat(201)])
  @WebSocket(':id/long')
  long(): void {}
}

const LEAVE_DELAY = 20;

/** A client that goes away in the middle of its handshake, and is gone for the server as well. */
async function leaveDuring({ app }: { app: RoomsApp }, path: string, reached: () => void) {
  const socket = new WebSocketClient(app.app.url(path));
  socket.on('error', () => undefined);
  await eventually(reached, 'the middle of the handshake');
  socket.terminate();
  const open = (): Promise<number> =>
    new Promise((resolve) => {
      app.app.server.getConnections((_error, count) => resolve(count));
    });
  await eventually(async () => expect(await open()).toBe(0), 'the end of its socket');
}

describe.each(platforms)('Rooms that refuse a handshake ($name)', (platform) => {
  afterEach(closeAllApps);

  async function start(): Promise<{ app: RoomsApp; broker: ScriptedBroker }> {
    const broker = new ScriptedBroker();
    const rooms = { broker, leaveDelay: LEAVE_DELAY, joinTimeout: 50 };
    const app = await RoomsApp.start(platform, { rooms }, { controllers: [TwoController] });
    return { app, broker };
  }

  /** The broker is asked for each room that is held, and let go of it once nobody holds it. */
  async function expectNothingLeft({ app, broker }: Awaited<ReturnType<typeof start>>) {
    await eventually(() => expect([...broker.subscribed]).toEqual([]), 'no subscription');
    for (const name of ['blue', 'b', '1', 'a'])
      expect([sizeOf(app.chat.at(name)), sizeOf(app.other.at(name))]).toEqual([0, 0]);
    // Nobody is counted who has gone: the next comes and goes, and it is unsubscribed again.
    app.chat.verdict = () => true;
    broker.onSubscribe = () => Promise.resolve();
    const next = await app.app.connect('/two/blue');
    expect([...broker.subscribed].toSorted()).toEqual(['chat/blue', 'other/blue']);
    await next.close();
    await eventually(() => expect([...broker.subscribed]).toEqual([]), 'no subscription');
  }

  it('leave nothing where authorize() says no', async () => {
    const bench = await start();
    bench.app.chat.verdict = () => false;
    expect(await upgradeStatus(bench.app.app, '/two/blue')).toBe(403);
    await expectNothingLeft(bench);
  });

  it('leave nothing of a room before the one that refuses', async () => {
    const bench = await start();
    bench.app.chat.verdict = () => Promise.resolve(false);
    expect(await upgradeStatus(bench.app.app, '/two/blue')).toBe(403);
    expect(bench.broker.commands).toContain('subscribe other/blue');
    await eventually(
      () => expect(bench.broker.commands).toContain('unsubscribe other/blue'),
      'the end of the subscription',
    );
    await expectNothingLeft(bench);
  });

  it.each(['/two/a%20b', '/two/%00', '/two/blue/wrong', '/two/blue/long'])(
    'leave nothing for a name that no room can have: %s',
    async (path) => {
      const bench = await start();
      expect(await upgradeStatus(bench.app.app, path)).toBe(400);
      await expectNothingLeft(bench);
    },
  );

  it.each([
    ['throws', () => Promise.reject(new ForbiddenException()), 403],
    ['fails', () => Promise.reject(new Error('a fault')), 500],
    [
      'throws at once',
      () => {
        throw new ImATeapotException();
      },
      418,
    ],
  ] as [string, () => Promise<boolean>, number][])(
    'leave nothing where authorize() %s',
    async (_how, verdict, status) => {
      const bench = await start();
      bench.app.chat.verdict = verdict;
      expect(await upgradeStatus(bench.app.app, '/two/blue')).toBe(status);
      await expectNothingLeft(bench);
    },
  );

  it('leave nothing where the names cannot be told', async () => {
    const bench = await start();
    expect(await upgradeStatus(bench.app.app, '/two/blue/throws')).toBe(418);
    await expectNothingLeft(bench);
  });

  it('let nobody in where authorize() says nothing', async () => {
    const bench = await start();
    bench.app.chat.verdict = () => undefined as unknown as boolean;
    expect(await upgradeStatus(bench.app.app, '/two/blue')).toBe(403);
  });

  it('say when to try again where the broker does not answer, and leave nothing', async () => {
    const bench = await start();
    const { open, opened } = gate();
    bench.broker.onSubscribe = () => opened;
    await expect(bench.app.app.connect('/chat/blue')).rejects.toMatchObject({
      status: 503,
      headers: { 'retry-after': expect.stringMatching(/^\d+$/) as unknown },
    });
    expect(sizeOf(bench.app.chat.at('blue'))).toBe(0);
    open();
    await eventually(() => expect(bench.broker.subscribed.size).toBe(1), 'the late answer');
    await expectNothingLeft(bench);
  });

  it('leave nothing where the broker says no', async () => {
    const bench = await start();
    bench.broker.onSubscribe = () => Promise.reject(new Error('not allowed'));
    expect(await upgradeStatus(bench.app.app, '/chat/blue')).toBe(503);
    await expectNothingLeft(bench);
  });

  it('leave nothing of a client that has left before the broker answers', async () => {
    const bench = await start();
    const { open, opened } = gate();
    bench.broker.onSubscribe = () => opened;
    await leaveDuring(bench, '/chat/blue', () =>
      expect(bench.broker.commands).toContain('subscribe chat/blue'),
    );
    open();
    await eventually(
      () => expect(bench.broker.commands).toContain('unsubscribe chat/blue'),
      'the end of the subscription',
    );
    await expectNothingLeft(bench);
  });

  it('leave nothing of a client that has left before authorize() answers', async () => {
    const bench = await start();
    const { open, opened } = gate();
    let asked = 0;
    bench.app.chat.verdict = async () => {
      asked += 1;
      await opened;
      return true;
    };
    await leaveDuring(bench, '/two/blue', () => expect(asked).toBe(1));
    open();
    await eventually(
      () => expect(bench.broker.commands.join('; ')).toContain('unsubscribe other/blue'),
      'the end of the subscription',
    );
    await expectNothingLeft(bench);
  });

  it('have the room while others are refused', async () => {
    const bench = await start();
    const ann = await bench.app.enter('chat/blue');
    bench.app.chat.verdict = () => false;
    for (let tries = 0; tries < 5; tries += 1)
      expect(await upgradeStatus(bench.app.app, '/two/blue')).toBe(403);
    await eventually(
      () => expect([...bench.broker.subscribed]).toEqual(['chat/blue']),
      'one subscription',
    );
    await bench.app.chat.at('blue').broadcast('still here');
    expect(await ann.client.text()).toBe('still here');
  });

  it('answer in time, though many wait for a broker that does not answer', async () => {
    const bench = await start();
    bench.broker.onSubscribe = never;
    const statuses = await Promise.all(
      Array.from({ length: 10 }, (_, index) => upgradeStatus(bench.app.app, `/chat/${index % 2}`)),
    );
    expect(statuses).toEqual(Array.from({ length: 10 }, () => 503));
  });

  it('let a connection in before its handler runs on connect', async () => {
    const bench = await start();
    const { controller } = bench.app;
    const seen: boolean[] = [];
    const push = controller.arrived.push.bind(controller.arrived);
    controller.arrived.push = (...connections: WebSocketConnection[]): number => {
      const room = bench.app.chat.at('blue');
      for (const each of connections) seen.push(room.has(each));
      void room.broadcast('welcome');
      return push(...connections);
    };
    const ann = await bench.app.enter('chat/blue');
    expect(await ann.client.text()).toBe('welcome');
    expect(seen).toEqual([true]);
  });
});
