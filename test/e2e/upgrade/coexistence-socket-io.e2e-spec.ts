import { Controller, Module, type INestApplication, type Type } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import {
  ConnectedSocket,
  MessageBody,
  SubscribeMessage,
  WebSocketGateway,
  WebSocketServer,
  type OnGatewayDisconnect,
} from '@nestjs/websockets';
import { WebSocket, WebSocketPathTakenException } from 'nestjs-revali-ws';
import { startApp, type AppSetup } from '../../support/apps/app-factory.js';
import { eventually } from '../../support/deadline.js';
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
import { connectSocketIo, disconnected } from '../../support/clients/socket-io.js';
import { startFault } from '../../support/apps/start-fault.js';

type IoOptions = Parameters<IoAdapter['createIOServer']>[1];
type IoServer = ReturnType<IoAdapter['createIOServer']>;

const transports = ['polling', 'websocket'] as const;
const left: string[] = [];

@WebSocketGateway()
class PubGateway implements OnGatewayDisconnect {
  handleDisconnect(_client: unknown, reason?: string): void {
    left.push(reason ?? 'left');
  }

  @SubscribeMessage('order')
  order(@MessageBody() drink: string): string {
    return `one ${drink}`;
  }

  @SubscribeMessage('last orders')
  close(@ConnectedSocket() client: { disconnect(): void }): void {
    client.disconnect();
  }
}

function beside(gateway: Type<unknown>, controllers: Type<unknown>[] = []): AppSetup {
  @Module({ imports: [HouseModule], providers: [gateway], controllers })
  class StreetModule {}
  return {
    module: StreetModule,
    configure: (app: INestApplication) => void app.useWebSocketAdapter(new IoAdapter(app)),
  };
}

async function expectPub(app: RunningApp, transport: (typeof transports)[number]): Promise<void> {
  const client = await connectSocketIo(app, { transports: [transport] });
  expect(await client.timeout(1000).emitWithAck('order', 'stout')).toBe('one stout');
  expect(client.io.engine.transport.name).toBe(transport);
  const end = disconnected(client);
  client.emit('last orders');
  expect(await end).toBe('io server disconnect');
}

describe.each(platforms)('beside gateways on socket.io on $name', (platform) => {
  afterEach(closeAllApps);

  it.each(transports)(
    'clients of routes and of gateways connect, talk and close: %s',
    async (transport) => {
      const app = await startApp(platform, beside(PubGateway));
      await Promise.all([expectHouse(app), expectPub(app, transport)]);
    },
  );

  it('a client that begins with polling goes on with WebSockets', async () => {
    const app = await startApp(platform, beside(PubGateway));
    const client = await connectSocketIo(app);
    await eventually(
      () => expect(client.io.engine.transport.name).toBe('websocket'),
      'the other transport',
    );
    expect(await client.timeout(1000).emitWithAck('order', 'bitter')).toBe('one bitter');
    left.length = 0;
    client.disconnect();
    await eventually(() => expect(left).toHaveLength(1), 'the gateway to hear of it');
  });

  it('guards and middleware of our routes refuse', async () => {
    const app = await startApp(platform, beside(PubGateway));
    await expectHouseGuarded(app);
  });

  it('a guard may take longer than socket.io gives strangers', async () => {
    const app = await startApp(platform, beside(PubGateway));
    await expectHouseUnhurried(app);
  });

  it('the upgrade of an unknown path is answered with 404 when socket.io gives it up', async () => {
    const app = await startApp(platform, beside(PubGateway));
    await expectUnknown(app);
  });

  it('app.close() ends the clients of both and leaves nothing of ours', async () => {
    const app = await startApp(platform, beside(PubGateway));
    const [house, polling, pub] = await Promise.all([
      app.connect('/house/chat'),
      connectSocketIo(app, { transports: ['polling'] }),
      connectSocketIo(app, { transports: ['websocket'] }),
    ]);
    const ends = [polling, pub].map(disconnected);
    await app.close();
    expect(await house.closed).toMatchObject({ code: 1001 });
    expect(await Promise.all(ends)).toEqual(['transport close', 'transport close']);
    expectNoTrace(app);
  });

  it('a route under the path of socket.io is refused at start', async () => {
    @Controller('socket.io')
    class CuckooController {
      @WebSocket('egg')
      lay(): void {}
    }
    const error = await startFault(platform, beside(PubGateway, [CuckooController]));
    expect(error).toBeInstanceOf(WebSocketPathTakenException);
    expect(error.message).toBe(
      'CuckooController.lay() serves /socket.io/egg, and socket.io (the gateway PubGateway) serves ' +
        'everything under /socket.io/ on the same server. Change one of the paths, or give the ' +
        'gateway a port of its own: @WebSocketGateway(port).',
    );
  });

  it('a route that would take the upgrades of socket.io is refused at start', async () => {
    @Controller()
    class GreedyController {
      @WebSocket('*rest')
      grab(): void {}
    }
    const error = await startFault(platform, beside(PubGateway, [GreedyController]));
    expect(error).toBeInstanceOf(WebSocketPathTakenException);
    expect(error.message).toContain('GreedyController.grab() serves /*rest');
  });

  describe('that the adapter has moved to another path', () => {
    class HubAdapter extends IoAdapter {
      override createIOServer(port: number, options?: IoOptions): IoServer {
        return super.createIOServer(port, options && { ...options, path: '/hub' });
      }
    }

    @WebSocketGateway()
    class HubGateway {
      @WebSocketServer()
      server: unknown;

      @SubscribeMessage('ask')
      ask(): string {
        return 'answered';
      }
    }

    const onHub = (controller: Type<unknown>): AppSetup => ({
      ...beside(HubGateway, [controller]),
      configure: (app) => void app.useWebSocketAdapter(new HubAdapter(app)),
    });

    it('routes are refused there', async () => {
      @Controller('hub')
      class CuckooController {
        @WebSocket('egg')
        lay(): void {}
      }
      const error = await startFault(platform, onHub(CuckooController));
      expect(error).toBeInstanceOf(WebSocketPathTakenException);
      expect(error.message).toContain('(the gateway HubGateway) serves everything under /hub/');
    });

    it('routes may have the path that it had', async () => {
      @Controller('socket.io')
      class HeirController {
        @WebSocket('egg')
        lay(): string {
          return 'laid';
        }
      }
      const app = await startApp(platform, onHub(HeirController));
      const heir = await app.connect('/socket.io/egg');
      heir.send('?');
      expect(await heir.text()).toBe('laid');
      const client = await connectSocketIo(app, { path: '/hub', transports: ['websocket'] });
      expect(await client.timeout(1000).emitWithAck('ask')).toBe('answered');
    });
  });

  it('a gateway whose path covers a route is refused at start', async () => {
    @WebSocketGateway({ path: '/house' })
    class TenantGateway {}
    const error = await startFault(platform, beside(TenantGateway));
    expect(error).toBeInstanceOf(WebSocketPathTakenException);
    expect(error.message).toContain(
      'socket.io (the gateway TenantGateway) serves everything under /house/',
    );
  });
});
