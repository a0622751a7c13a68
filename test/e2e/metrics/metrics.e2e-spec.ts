import {
  Body,
  Controller,
  UnauthorizedException,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import {
  CleanUp,
  RevaliWsMetrics,
  WebSocket,
  type ConnectionOutcome,
  type RevaliWsMetricsSnapshot,
} from 'nestjs-revali-ws';

import { startApp } from '../../support/apps/app-factory.js';
import { eventually } from '../../support/deadline.js';
import { gate, type Gate } from '../../support/gate.js';
import { ObserverLog } from '../../support/records/observer-log.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';
import { upgradeStatus } from '../../support/clients/upgrade-status.js';

/** What a client asks for in the query, so that one route is refused in several ways. */
class Door implements CanActivate {
  static waiting: Gate | undefined;

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const { url } = context.switchToHttp().getRequest<{ url: string }>();
    if (url.endsWith('?unknown')) throw new UnauthorizedException();
    if (url.endsWith('?wait')) await Door.waiting?.opened;
    return !url.endsWith('?unwanted');
  }
}

let cleaning: Gate | undefined;

@Controller()
class RoomController {
  @WebSocket('room')
  @UseGuards(Door)
  join(@Body() message: string, cleanUp: CleanUp): string {
    if (message === 'take your time') cleanUp.add(() => cleaning?.opened);
    return message;
  }
}

type Connections = RevaliWsMetricsSnapshot['connections'];

const connections = (app: RunningApp): Connections =>
  app.app.get(RevaliWsMetrics).snapshot().connections;

const untilOpen = (app: RunningApp, open: number): Promise<void> =>
  eventually(() => expect(connections(app).open).toBe(open), `${open} open connections`);

const untilRefused = (app: RunningApp, refused: Connections['refused']): Promise<void> =>
  eventually(() => expect(connections(app).refused).toEqual(refused), 'the refusals');

describe.each(platforms)('the metrics of connections on $name', (platform) => {
  afterEach(() => {
    Door.waiting?.open();
    cleaning?.open();
    return closeAllApps();
  });

  it('are all zero at the start', async () => {
    const app = await startApp(platform, { controllers: [RoomController] });
    expect(app.app.get(RevaliWsMetrics).snapshot()).toEqual({
      connections: { open: 0, total: 0, refused: {}, slowConsumers: 0 },
      messages: { received: 0, sent: 0, dropped: 0, queued: 0, handled: 0, handlerTime: 0 },
      bytes: { received: 0, sent: 0 },
    });
  });

  it('tell how many are open now and how many there were', async () => {
    const app = await startApp(platform, { controllers: [RoomController] });
    const first = await app.connect('room');
    await app.connect('room');
    await app.connect('room');
    expect(connections(app)).toMatchObject({ open: 3, total: 3 });
    await first.close();
    await untilOpen(app, 2);
    await app.connect('room');
    expect(connections(app)).toMatchObject({ open: 3, total: 4, refused: {} });
    await app.close();
    expect(connections(app)).toMatchObject({ open: 0, total: 4 });
  });

  it('count a connection as open until its clean-ups have run', async () => {
    cleaning = gate();
    const log = new ObserverLog();
    const app = await startApp(platform, {
      controllers: [RoomController],
      forRoot: { observers: [log] },
    });
    const client = await app.connect('room');
    client.send('take your time');
    await client.text();
    await client.close();
    await log.outcome();
    expect(connections(app)).toMatchObject({ open: 1, total: 1 });
    cleaning.open();
    await untilOpen(app, 0);
  });

  it('are those of one application', async () => {
    const app = await startApp(platform, { controllers: [RoomController] });
    const other = await startApp(platform, { controllers: [RoomController] });
    await app.connect('room');
    await upgradeStatus(app, 'nowhere');
    expect(connections(app)).toMatchObject({ open: 1, total: 1, refused: { 404: 1 } });
    expect(connections(other)).toMatchObject({ open: 0, total: 0, refused: {} });
  });

  describe('count refusals', () => {
    it('by their status, whoever refused', async () => {
      const app = await startApp(platform, {
        controllers: [RoomController],
        forRoot: { maxConnections: 1 },
      });
      const refusals: [path: string, headers: Record<string, string>, status: number][] = [
        ['nowhere', {}, 404],
        ['room', { 'Sec-WebSocket-Protocol': 'a b' }, 400],
        ['room', { Origin: 'https://elsewhere.example' }, 403],
        ['room?unwanted', {}, 403],
        ['room?unknown', {}, 401],
      ];
      for (const [path, headers, status] of refusals)
        expect(await upgradeStatus(app, path, { headers })).toBe(status);
      await app.connect('room');
      expect(await upgradeStatus(app, 'room')).toBe(503);
      expect(connections(app)).toEqual({
        open: 1,
        total: 1,
        refused: { 400: 1, 401: 1, 403: 2, 404: 1, 503: 1 },
        slowConsumers: 0,
      });
    });

    it('with 408 where a guard is too slow', async () => {
      Door.waiting = gate();
      const app = await startApp(platform, {
        controllers: [RoomController],
        forRoot: { handshakeTimeout: 50 },
      });
      expect(await upgradeStatus(app, 'room?wait')).toBe(408);
      expect(connections(app)).toMatchObject({ total: 0, refused: { 408: 1 } });
    });

    it('with 503 where the application stops meanwhile', async () => {
      Door.waiting = gate();
      const log = new ObserverLog();
      const app = await startApp(platform, {
        controllers: [RoomController],
        forRoot: { observers: [log] },
      });
      const status = upgradeStatus(app, 'room?wait');
      await eventually(() => expect(log.opened).toHaveLength(1), 'the handshake');
      await app.close();
      expect(await status).toBe(503);
      expect(connections(app)).toMatchObject({ total: 0, refused: { 503: 1 } });
    });

    it('with 0 where the client left before it was answered', async () => {
      Door.waiting = gate();
      const log = new ObserverLog();
      const app = await startApp(platform, {
        controllers: [RoomController],
        forRoot: { observers: [log] },
      });
      const client = await app.raw();
      client.upgrade('/room?wait');
      await eventually(() => expect(log.opened).toHaveLength(1), 'the handshake');
      expect(connections(app).refused).toEqual({});
      client.destroy();
      await untilRefused(app, { 0: 1 });
      Door.waiting.open();
      expect(await upgradeStatus(app, 'room')).toBe(101);
      expect(connections(app)).toMatchObject({ total: 1, refused: { 0: 1 } });
    });

    it('with 400 where the client asks for an impossible compression', async () => {
      const log = new ObserverLog();
      const app = await startApp(platform, {
        controllers: [RoomController],
        forRoot: { perMessageDeflate: true, observers: [log] },
      });
      const client = await app.raw();
      const extensions = 'permessage-deflate; server_max_window_bits=99';
      client.upgrade('/room', { headers: [['Sec-WebSocket-Extensions', extensions]] });
      expect((await client.response()).status).toBe(400);
      expect(connections(app)).toMatchObject({ open: 0, total: 0, refused: { 400: 1 } });
      expect(await log.outcome()).toMatchObject<Partial<ConnectionOutcome>>({
        kind: 'refused',
        status: 400,
        initiator: 'server',
      });
    });

    it('that are close frames like all others', async () => {
      const app = await startApp(platform, {
        controllers: [RoomController],
        forRoot: { refusal: 'close' },
      });
      for (const [path, code] of [
        ['nowhere', 4404],
        ['room?unwanted', 4403],
      ] as const)
        expect(await (await app.connect(path)).closed).toMatchObject({ code });
      expect(connections(app)).toMatchObject({ open: 0, total: 0, refused: { 403: 1, 404: 1 } });
    });

    it('not for plain requests of a route', async () => {
      const app = await startApp(platform, { controllers: [RoomController] });
      expect((await app.get('/room')).status).toBe(426);
      expect(connections(app).refused).toEqual({});
    });
  });
});
