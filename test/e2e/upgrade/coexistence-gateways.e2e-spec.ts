import { Controller, Module, Param, type Type } from '@nestjs/common';
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { RevaliWsAdapter, WebSocket, WebSocketPathTakenException } from 'nestjs-revali-ws';
import { startApp, type AppSetup } from '../../support/apps/app-factory.js';
import {
  expectHouse,
  expectHouseGuarded,
  expectHouseUnhurried,
  expectNoTrace,
  expectUnknown,
  HouseModule,
} from '../../support/apps/house-app.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';
import { startFault } from '../../support/apps/start-fault.js';
import { attachWsServer, httpServerOf } from '../../support/apps/upgrade-listeners.js';

@WebSocketGateway({ path: '/garden' })
class GardenGateway {
  @SubscribeMessage('grow')
  grow(@MessageBody() plant: string): { event: string; data: string } {
    return { event: 'grown', data: plant };
  }
}

function beside(gateway: Type<unknown>, controllers: Type<unknown>[] = []): AppSetup {
  @Module({ imports: [HouseModule], providers: [gateway], controllers })
  class EstateModule {}
  return { module: EstateModule };
}

async function expectGarden(app: RunningApp, path = '/garden'): Promise<void> {
  const client = await app.connect(path);
  client.sendJson({ event: 'grow', data: 'fern' });
  expect(await client.json()).toEqual({ event: 'grown', data: 'fern' });
  expect(await client.close(4100)).toMatchObject({ code: 4100, wasClean: true });
}

describe.each(platforms)('beside gateways on our own adapter on $name', (platform) => {
  afterEach(closeAllApps);

  it('clients of routes and of gateways connect, talk and close', async () => {
    const app = await startApp(platform, beside(GardenGateway));
    await Promise.all([expectHouse(app), expectGarden(app)]);
  });

  it('guards and middleware of our routes refuse, and may take their time', async () => {
    const app = await startApp(platform, beside(GardenGateway));
    await Promise.all([expectHouseGuarded(app), expectHouseUnhurried(app)]);
  });

  it('the upgrade of an unknown path is answered with one 404', async () => {
    await expectUnknown(await startApp(platform, beside(GardenGateway)));
  });

  it('another stack that answers all strangers never sees clients of either', async () => {
    const app = await startApp(platform, {
      ...beside(GardenGateway),
      configure: (nest) => void attachWsServer(httpServerOf(nest)),
    });
    await Promise.all([expectHouse(app), expectGarden(app)]);
    const shed = await app.connect('/shed');
    shed.send('hi');
    expect(await shed.text()).toBe('shed: hi');
  });

  it('app.close() ends the clients of both and leaves nothing of ours', async () => {
    const app = await startApp(platform, beside(GardenGateway));
    const clients = await Promise.all(['/house/chat', '/garden'].map((path) => app.connect(path)));
    await app.close();
    for (const client of clients) expect(await client.closed).toMatchObject({ code: 1001 });
    expectNoTrace(app);
    expect(app.server.listenerCount('upgrade')).toBe(0);
  });

  it('a route is preferred to a gateway where a path is found by both patterns', async () => {
    @Controller('house')
    class RoomController {
      @WebSocket(':room')
      enter(@Param('room') room: string): string {
        return `in ${room}`;
      }
    }
    @WebSocketGateway({ path: '/:place/attic' })
    class AtticGateway extends GardenGateway {}
    const app = await startApp(platform, {
      controllers: [RoomController],
      providers: [AtticGateway],
    });
    const client = await app.connect('/house/attic');
    client.send('?');
    expect(await client.text()).toBe('in attic');
    await expectGarden(app, '/shed/attic');
  });

  it('a gateway on the path of a route is refused at start', async () => {
    @WebSocketGateway({ path: '/house/chat' })
    class CuckooGateway {}
    const error = await startFault(platform, beside(CuckooGateway));
    expect(error).toBeInstanceOf(WebSocketPathTakenException);
    expect(error.message).toContain('HouseController.chat() serves /house/chat, and the gateway ');
    expect(error.message).toContain('the gateway CuckooGateway serves /house/chat');
  });

  it('a route that takes all that is meant for a gateway is refused at start', async () => {
    @Controller()
    class GreedyController {
      @WebSocket(':place')
      grab(): void {}
    }
    const error = await startFault(platform, beside(GardenGateway, [GreedyController]));
    expect(error).toBeInstanceOf(WebSocketPathTakenException);
    expect(error.message).toContain(
      'GreedyController.grab() serves /:place, and the gateway GardenGateway serves /garden',
    );
  });

  describe('with a global prefix', () => {
    @Controller('garden')
    class LawnController {
      @WebSocket()
      mow(): string {
        return 'mown';
      }
    }

    const withPrefix = (globalPrefix: boolean): AppSetup => ({
      ...beside(GardenGateway, [LawnController]),
      configure: (app) => {
        app.setGlobalPrefix('estate');
        app.useWebSocketAdapter(new RevaliWsAdapter(app, { globalPrefix }));
      },
    });

    it('that is not that of gateways, paths differ', async () => {
      const app = await startApp(platform, withPrefix(false));
      await expectGarden(app);
      const client = await app.connect('/estate/garden');
      client.send('?');
      expect(await client.text()).toBe('mown');
    });

    it('that is that of gateways too, the same path is refused at start', async () => {
      const error = await startFault(platform, withPrefix(true));
      expect(error).toBeInstanceOf(WebSocketPathTakenException);
      expect(error.message).toContain(
        'LawnController.mow() serves /estate/garden, and the gateway GardenGateway serves /estate/garden',
      );
    });
  });
});
