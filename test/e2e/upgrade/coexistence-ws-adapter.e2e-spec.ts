import { Module, type INestApplication, type Type } from '@nestjs/common';
import { WsAdapter } from '@nestjs/platform-ws';
import {
  MessageBody,
  SubscribeMessage,
  WebSocketGateway,
  type OnGatewayConnection,
} from '@nestjs/websockets';
import { WebSocketPathTakenException } from 'nestjs-revali-ws';
import type { WebSocket } from 'ws';
import { startApp, type AppSetup } from '../../support/apps/app-factory.js';
import {
  expectHouse,
  expectHouseGuarded,
  expectHouseUnhurried,
  expectNoTrace,
  expectUnknown,
  HouseModule,
} from '../../support/apps/house-app.js';
import { asText, toMessage } from '../../support/clients/message.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';
import { startFault } from '../../support/apps/start-fault.js';
import { TestClient } from '../../support/clients/test-client.js';
import { freePort } from '../../support/servers/server.process.js';

@WebSocketGateway({ path: '/garden' })
class GardenGateway implements OnGatewayConnection<WebSocket> {
  handleConnection(client: WebSocket): void {
    client.on('message', (data, isBinary) => {
      if (asText(toMessage(data, isBinary)) === 'bye') client.close(4002, 'Autumn');
    });
  }

  @SubscribeMessage('grow')
  grow(@MessageBody() plant: string): { event: string; data: string } {
    return { event: 'grown', data: plant };
  }
}

function beside(gateway: Type<unknown>): AppSetup {
  @Module({ imports: [HouseModule], providers: [gateway] })
  class EstateModule {}
  return {
    module: EstateModule,
    configure: (app: INestApplication) => void app.useWebSocketAdapter(new WsAdapter(app)),
  };
}

async function expectGarden(app: RunningApp): Promise<void> {
  const client = await app.connect('/garden');
  client.sendJson({ event: 'grow', data: 'fern' });
  expect(await client.json()).toEqual({ event: 'grown', data: 'fern' });
  client.send('bye');
  expect(await client.closed).toEqual({ code: 4002, reason: 'Autumn', wasClean: true });
}

describe.each(platforms)("beside gateways on Nest's WsAdapter on $name", (platform) => {
  afterEach(closeAllApps);

  it('clients of routes and of gateways connect, talk and close', async () => {
    const app = await startApp(platform, beside(GardenGateway));
    await Promise.all([expectHouse(app), expectGarden(app)]);
  });

  it('guards and middleware of our routes refuse', async () => {
    const app = await startApp(platform, beside(GardenGateway));
    await expectHouseGuarded(app);
  });

  it('a guard may take its time', async () => {
    const app = await startApp(platform, beside(GardenGateway));
    await expectHouseUnhurried(app);
  });

  it('the upgrade of an unknown path is answered with 404, and not with a reset', async () => {
    const app = await startApp(platform, beside(GardenGateway));
    await expectUnknown(app);
    await expectUnknown(app, '/garden/shed');
  });

  it('a refusal by close frame reaches unknown paths too', async () => {
    const app = await startApp(platform, {
      ...beside(GardenGateway),
      forRoot: { refusal: 'close' },
    });
    const client = await app.connect('/nowhere');
    expect(await client.closed).toMatchObject({ code: 4404, reason: 'Cannot GET /nowhere' });
  });

  it('app.close() ends the clients of both and leaves nothing of ours', async () => {
    const app = await startApp(platform, beside(GardenGateway));
    const [house, garden] = await Promise.all([app.connect('/house/chat'), app.connect('/garden')]);
    await app.close();
    expect(await house.closed).toMatchObject({ code: 1001 });
    // The adapter tells its clients nothing: it terminates them.
    expect(await garden.closed).toMatchObject({ code: 1006 });
    expectNoTrace(app);
  });

  it.each([
    ['the path of a route', '/house/chat'],
    ['that path, written otherwise', 'house/chat/'],
  ])('a gateway on %s is refused at start', async (_, path) => {
    @WebSocketGateway({ path })
    class CuckooGateway {}
    const error = await startFault(platform, beside(CuckooGateway));
    expect(error).toBeInstanceOf(WebSocketPathTakenException);
    expect(error.message).toBe(
      'HouseController.chat() serves /house/chat, and the gateway CuckooGateway serves /house/chat ' +
        'on the same server. Change one of the paths, or give the gateway a port of its own: ' +
        '@WebSocketGateway(port).',
    );
  });

  it('a gateway on a port of its own may have the path of a route', async () => {
    const port = await freePort();
    @WebSocketGateway(port, { path: '/house/chat' })
    class NeighbourGateway {
      @SubscribeMessage('greet')
      greet(): { event: string; data: string } {
        return { event: 'greeted', data: 'over the fence' };
      }
    }
    const app = await startApp(platform, beside(NeighbourGateway));
    await expectHouse(app);
    const client = await TestClient.connect(`ws://127.0.0.1:${port}/house/chat`);
    client.sendJson({ event: 'greet' });
    expect(await client.json()).toEqual({ event: 'greeted', data: 'over the fence' });
  });
});
