import { Controller } from '@nestjs/common';
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { RevaliWsAdapter, WebSocket } from 'nestjs-revali-ws';
import { startApp } from '../support/apps/app-factory.js';
import { createApp } from '../support/apps/factory-app.js';
import { platforms } from '../support/apps/platforms.js';
import { closeAllApps } from '../support/apps/running-app.js';
import { upgradeStatus } from '../support/clients/upgrade-status.js';

@WebSocketGateway({ path: '/pub' })
class PubGateway {
  @SubscribeMessage('order')
  order(@MessageBody() drink: string): unknown {
    return { event: 'served', data: `one ${drink}` };
  }
}

@Controller()
class QuietController {
  @WebSocket('quiet')
  quiet(): void {}
}

const starters = { NestFactory: createApp, 'Test.createTestingModule()': startApp } as const;

describe.each(platforms)('where socket.io is not installed, gateways on $name', (platform) => {
  afterEach(closeAllApps);

  it.each(Object.entries(starters))(
    'speak plain WebSocket, with the options of the module: %s',
    async (_name, start) => {
      const app = await start(platform, {
        leaveGateways: true,
        forRoot: { maxConnections: 1 },
        providers: [PubGateway],
      });
      const client = await app.connect('/pub');
      client.sendJson({ event: 'order', data: 'stout' });
      expect(await client.json()).toEqual({ event: 'served', data: 'one stout' });
      expect(await upgradeStatus(app, '/pub')).toBe(503);
      expect(app.app.get(RevaliWsAdapter).snapshot().connections.open).toBe(1);
      const lines = app.logs.messages('log').filter((line) => line.startsWith('Gateways'));
      expect(lines).toEqual([
        'Gateways speak plain WebSocket. For socket.io, install @nestjs/platform-socket.io and call ' +
          'app.useWebSocketAdapter(new IoAdapter(app)).',
      ]);
    },
  );

  it('are not spoken of where there are none', async () => {
    const app = await startApp(platform, { leaveGateways: true, controllers: [QuietController] });
    expect(app.logs.messages('log').join()).not.toContain('Gateways');
  });
});
