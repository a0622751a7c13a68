import { Body, Controller, type INestApplication, type WebSocketAdapter } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { RevaliWsAdapter, WebSocket } from 'nestjs-revali-ws';
import { startApp, type AppSetup } from '../../support/apps/app-factory.js';
import { createApp } from '../../support/apps/factory-app.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';
import { connectSocketIo } from '../../support/clients/socket-io.js';
import { upgradeStatus } from '../../support/clients/upgrade-status.js';

@WebSocketGateway()
class PubGateway {
  @SubscribeMessage('order')
  order(@MessageBody() drink: string): unknown {
    return { event: 'served', data: `one ${drink}` };
  }
}

@Controller()
class EchoController {
  @WebSocket('echo')
  echo(@Body() message: string): string {
    return `Echo: ${message}`;
  }
}

class RedisLikeIoAdapter extends IoAdapter {}

const gatewayLines = (app: RunningApp): string[] =>
  app.logs.entries
    .filter(({ context }) => context === 'WebSocketGateways')
    .map(({ message }) => message);

const setting =
  (create: (app: INestApplication) => WebSocketAdapter) =>
  (app: INestApplication): void =>
    void app.useWebSocketAdapter(create(app));

const starters = { NestFactory: createApp, 'Test.createTestingModule()': startApp } as const;

describe.each(platforms)('where socket.io is installed, gateways on $name', (platform) => {
  afterEach(closeAllApps);

  it.each(Object.entries(starters))(
    'keep it, beside routes on plain WebSockets: %s',
    async (_name, start) => {
      const app = await start(platform, {
        leaveGateways: true,
        controllers: [EchoController],
        providers: [PubGateway],
      });
      const pub = await connectSocketIo(app);
      const served = new Promise((resolve) => pub.once('served', resolve));
      pub.emit('order', 'stout');
      expect(await served).toBe('one stout');
      const route = await app.connect('/echo');
      route.send('hi');
      expect(await route.text()).toBe('Echo: hi');
      expect(gatewayLines(app)).toEqual([
        "Gateways speak socket.io, Nest's default if @nestjs/platform-socket.io is installed. " +
          'For plain WebSocket, call app.useWebSocketAdapter(app.get(RevaliWsAdapter)).',
      ]);
    },
  );

  it('speak plain WebSocket, with the options of the module, where the application says so', async () => {
    const app = await startApp(platform, {
      leaveGateways: true,
      forRoot: { maxConnections: 1 },
      providers: [PubGateway],
      configure: setting((created) => created.get(RevaliWsAdapter)),
    });
    const client = await app.connect('/');
    client.sendJson({ event: 'order', data: 'stout' });
    expect(await client.json()).toEqual({ event: 'served', data: 'one stout' });
    expect(await upgradeStatus(app, '/')).toBe(503);
    expect(gatewayLines(app)).toEqual([]);
  });

  it.each<[string, AppSetup]>([
    [
      'has an adapter of its own',
      { providers: [PubGateway], configure: setting((app) => new WsAdapter(app)) },
    ],
    [
      'extends that of socket.io',
      { providers: [PubGateway], configure: setting((app) => new RedisLikeIoAdapter(app)) },
    ],
    ['has no gateways', { controllers: [EchoController] }],
  ])('are not spoken of where the application %s', async (_what, setup) => {
    const app = await startApp(platform, { ...setup, leaveGateways: true });
    expect(gatewayLines(app)).toEqual([]);
  });
});
