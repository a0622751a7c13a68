import { Server } from 'node:http';

import type { Type } from '@nestjs/common';
import { WebSocketGateway, WebSocketServer } from '@nestjs/websockets';
import {
  RevaliWsAdapter,
  type GatewayRequest,
  type RevaliWsAdapterOptions,
} from 'nestjs-revali-ws';
import type { Server as WsServer, WebSocket } from 'ws';

import { startApp } from '../../support/apps/app-factory.js';
import { startGateways } from '../../support/apps/gateways/app.js';
import { freePort } from '../../support/servers/server.process.js';
import { gatewayAt } from '../../support/apps/gateways/classes.js';
import { platforms } from '../../support/apps/platforms.js';
import { refusedUpgrade } from '../../support/raw/refused-upgrade.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import { TestClient } from '../../support/clients/test-client.js';
import { listenerWarnings } from '../../support/faults/leaks.js';
import { upgradeStatus } from '../../support/clients/upgrade-status.js';

function roomAt(port: number, path: string, name: string): Type<unknown> {
  @WebSocketGateway(port, { path })
  class RoomGateway {
    handleConnection(client: WebSocket, request: GatewayRequest): void {
      client.send(JSON.stringify([name, request.params]));
    }
  }
  return RoomGateway;
}

const rooms = (port: number): Type<unknown>[] => [
  roomAt(port, '/room/:id', 'parameter'),
  roomAt(port, '/room/lobby', 'lobby'),
  roomAt(port, '/files/*path', 'wildcard'),
  roomAt(port, '/list{/:page}', 'optional'),
];

const cases = [
  ['/room/7', ['parameter', { id: '7' }]],
  ['/room/a%20b', ['parameter', { id: 'a b' }]],
  ['/room/lobby', ['lobby', {}]],
  ['/room/lobby?id=7', ['lobby', {}]],
  ['/files/a/b', ['wildcard', { path: ['a', 'b'] }]],
  ['/list', ['optional', {}]],
  ['/list/2', ['optional', { page: '2' }]],
] as const;

describe.each(platforms)('paths of gateways on $name', (platform) => {
  afterEach(closeAllApps);

  it.each(cases)("%s on the application's server, in any order", async (path, expected) => {
    const [last, ...others] = rooms(0).toReversed();
    for (const gateways of [
      rooms(0),
      [last, ...others.toReversed()].flatMap((gateway) => gateway ?? []),
    ]) {
      const { app } = await startGateways(platform, gateways);
      expect(await (await app.connect(path)).json()).toEqual(expected);
    }
  });

  it('one path serves more gateways than Node expects listeners, without its warning', async () => {
    const names = Array.from({ length: 12 }, (_, index) => `pop ${index}`);
    const warnings = listenerWarnings();
    const { app } = await startGateways(
      platform,
      names.map((name) => gatewayAt(0, '/chat', name)),
    );
    for (let count = 0; count < 2; count += 1) {
      const client = await app.connect('/chat');
      client.sendJson({ event: 'push', data: 1 });
      const events = new Set<unknown>();
      for (const _ of names) events.add(await client.json());
      expect(events).toEqual(new Set(names.map((event) => ({ event, data: 1 }))));
    }
    expect(await warnings.release()).toEqual([]);
  });

  it('server.address() is that of the http server', async () => {
    const port = await freePort();
    const addresses: unknown[] = [];
    @WebSocketGateway(port)
    class AddressGateway {
      @WebSocketServer() server: WsServer | undefined;

      handleConnection(): void {
        addresses.push(this.server?.address());
      }
    }
    await startGateways(platform, [AddressGateway]);
    await TestClient.connect(`ws://127.0.0.1:${port}`);
    expect(addresses).toEqual([expect.objectContaining({ port })]);
  });

  it('the same on a port of their own, and 404 for the rest', async () => {
    const port = await freePort();
    await startGateways(platform, rooms(port));
    for (const [path, expected] of cases) {
      const client = await TestClient.connect(`ws://127.0.0.1:${port}${path}`);
      expect(await client.json()).toEqual(expected);
    }
    await expect(TestClient.connect(`ws://127.0.0.1:${port}/other`)).rejects.toMatchObject({
      status: 404,
    });
  });

  it('on one port, a gateway without a path takes what the others leave', async () => {
    const port = await freePort();
    await startGateways(platform, [
      gatewayAt(port, undefined, 'rest'),
      roomAt(port, '/room/:id', 'room'),
    ]);
    const room = await TestClient.connect(`ws://127.0.0.1:${port}/room/7`);
    expect(await room.json()).toEqual(['room', { id: '7' }]);
    const rest = await TestClient.connect(`ws://127.0.0.1:${port}/room/7/more`);
    rest.sendJson({ event: 'push', data: 1 });
    expect(await rest.json()).toEqual({ event: 'rest', data: 1 });
  });

  it.each([
    ['//room/7', 400],
    ['/room/%2e%2e', 400],
    ['/room/a%2Fb', 400],
    ['/Room/7', 404],
    ['/room/7/', 404],
    ['/room', 404],
    ['/', 404],
  ])('%s is refused with %i', async (path, status) => {
    const { app } = await startGateways(platform, rooms(0));
    expect((await refusedUpgrade(app, path)).status).toBe(status);
  });

  it.each([
    [true, '/api/chat', '/chat'],
    [false, '/chat', '/api/chat'],
  ])('with the global prefix where globalPrefix is %s', async (globalPrefix, found, lost) => {
    const app = await startApp(platform, {
      withoutRevaliWs: true,
      providers: [gatewayAt(undefined, 'chat')],
      configure: (created) => {
        created.setGlobalPrefix('api');
        created.useWebSocketAdapter(new RevaliWsAdapter(created, { globalPrefix }));
      },
    });
    expect(await upgradeStatus(app, found)).toBe(101);
    expect(await upgradeStatus(app, lost)).toBe(404);
  });

  it('with only the http server given, as WsAdapter can be', async () => {
    const app = await startApp(platform, {
      withoutRevaliWs: true,
      providers: [gatewayAt(undefined, 'chat')],
      configure: (created) => {
        const server: unknown = created.getHttpServer();
        if (!(server instanceof Server)) throw new Error('the app has no server');
        created.useWebSocketAdapter(new RevaliWsAdapter(server));
      },
    });
    expect(await upgradeStatus(app, '/chat')).toBe(101);
  });
});

describe.each(platforms)('start is refused on $name', (platform) => {
  afterEach(closeAllApps);

  const faultOf = (gateways: Type<unknown>[], options?: RevaliWsAdapterOptions): Promise<Error> =>
    startGateways(platform, gateways, options).then(
      () => {
        throw new Error('the application has started');
      },
      (error: Error) => error,
    );

  it.each([
    ['/room/:id', '/room/:name'],
    ['room', '/room/'],
  ])('for two gateways on %s and %s', async (first, second) => {
    const fault = await faultOf([roomAt(0, first, 'one'), roomAt(0, second, 'two')]);
    expect(fault.name).toBe('DuplicateGatewayPathException');
    expect(fault.message).toMatch(
      /^The gateway RoomGateway serves \/room\S*, which another gateway/,
    );
  });

  it('for a path that cannot be read', async () => {
    const fault = await faultOf([roomAt(0, '/room/:', 'one')]);
    expect(fault.name).toBe('InvalidWebSocketPathException');
    expect(fault.message).toContain('The gateway RoomGateway: the path');
  });

  it('for a namespace', async () => {
    @WebSocketGateway({ namespace: 'events' })
    class EventsGateway {}
    const fault = await faultOf([EventsGateway]);
    expect(fault.name).toBe('UnsupportedNamespaceException');
    expect(fault.message).toContain('platform-socket.io');
  });

  it.each<[string, object]>([
    ['ping', { ping: 'often' }],
    ['maxPayload', { maxPayload: 0 }],
    ['globalPrefix', { globalPrefix: 'api' }],
    ['messageParser', { messageParser: 'json' }],
    ['observers', { observers: [] }],
    ['errors', { errors: 'reply' }],
    ['maxConections', { maxConections: 1 }],
  ])('for the option %s', async (name, options) => {
    const fault = await faultOf([], options);
    expect(fault.name).toBe('InvalidWebSocketOptionException');
    expect(fault.message).toContain(`new RevaliWsAdapter(): the option "${name}" is`);
  });
});
