import {
  Body,
  Controller,
  Injectable,
  UseGuards,
  type CanActivate,
  type OnModuleDestroy,
} from '@nestjs/common';
import { WsAdapter } from '@nestjs/platform-ws';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { RevaliWsAdapter, WebSocket } from 'nestjs-revali-ws';

import { startApp } from '../../support/apps/app-factory.js';
import { eventually } from '../../support/deadline.js';
import { gate } from '../../support/gate.js';
import { createApp } from '../../support/apps/factory-app.js';
import { gatewayAt } from '../../support/apps/gateways/classes.js';
import { RefusedError } from '../../support/clients/refused-error.js';
import { platforms } from '../../support/apps/platforms.js';
import { refusedUpgrade } from '../../support/raw/refused-upgrade.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import { startFault } from '../../support/apps/start-fault.js';
import { upgradeStatus } from '../../support/clients/upgrade-status.js';

const Gateway = gatewayAt(undefined, '/chat');

@Controller()
class EchoController {
  @WebSocket('echo')
  echo(@Body() message: string): string {
    return `Echo: ${message}`;
  }
}

@Controller()
class ChatController {
  @WebSocket('chat')
  chat(@Body() message: string): string {
    return message;
  }
}

@Controller()
class RootController {
  @WebSocket()
  root(@Body() message: string): string {
    return message;
  }
}

@Controller()
class LobbyController {
  @WebSocket('room/lobby')
  lobby(@Body() message: string): string {
    return message;
  }
}

describe.each(platforms)('the adapter of RevaliWsModule serves gateways on $name', (platform) => {
  afterEach(closeAllApps);

  it('beside routes, with nothing else to be wired', async () => {
    const app = await startApp(platform, { controllers: [EchoController], providers: [Gateway] });
    const [route, gateway] = [await app.connect('/echo'), await app.connect('/chat')];
    route.send('hi');
    gateway.sendJson({ event: 'push', data: 'hi' });
    expect(await route.text()).toBe('Echo: hi');
    expect(await gateway.json()).toEqual({ event: 'pop', data: 'hi' });
    expect((await refusedUpgrade(app, '/elsewhere')).status).toBe(404);
    expect(app.app.get(RevaliWsAdapter).snapshot()).toMatchObject({
      connections: { open: 1, total: 1 },
      messages: { received: 1, sent: 1 },
    });
    await app.close();
    expect(await route.closed).toMatchObject({ code: 1001 });
    expect(await gateway.closed).toMatchObject({ code: 1001, reason: 'Server is shutting down' });
    expect(app.server.listenerCount('upgrade')).toBe(0);
  });

  it('in an application of NestFactory, without a controller', async () => {
    const app = await createApp(platform, { providers: [Gateway] });
    const client = await app.connect('/chat');
    client.sendJson({ event: 'push', data: 1 });
    expect(await client.json()).toEqual({ event: 'pop', data: 1 });
  });

  it("with the module's options", async () => {
    const app = await startApp(platform, {
      providers: [Gateway],
      forRoot: { maxConnections: 1, maxPayload: 50, ping: 40, origins: ['https://a.io'] },
    });
    const client = await app.connect('/chat', { headers: { Origin: 'https://a.io' } });
    expect(await upgradeStatus(app, '/chat')).toBe(503);
    await client.nextPing();
    client.send('x'.repeat(51));
    expect(await client.closed).toMatchObject({ code: 1009 });
  });

  it('but an adapter that the application sets is respected', async () => {
    const app = await startApp(platform, {
      providers: [Gateway],
      configure: (created) => {
        created.useWebSocketAdapter(new WsAdapter(created));
      },
    });
    const client = await app.connect('/chat');
    await app.close();
    // It cuts its clients.
    expect(await client.closed).toMatchObject({ code: 1006 });
    const own = await startApp(platform, {
      providers: [Gateway],
      forRoot: { maxPayload: 8 },
      configure: (created) => {
        created.useWebSocketAdapter(new RevaliWsAdapter(created, { maxConnections: 1 }));
      },
    });
    const long = await own.connect('/chat');
    expect(await upgradeStatus(own, '/chat')).toBe(503);
    long.sendJson({ event: 'push', data: 1 });
    expect(await long.json()).toEqual({ event: 'pop', data: 1 });
  });

  it('and ends their clients while providers are still there', async () => {
    const order: string[] = [];
    const door = gate();
    @Injectable()
    class Database implements OnModuleDestroy {
      onModuleDestroy(): void {
        order.push('database closed');
      }
    }
    @WebSocketGateway({ path: '/work' })
    class WorkGateway {
      @SubscribeMessage('work')
      async work(): Promise<unknown> {
        order.push('started');
        await door.opened;
        order.push('done');
        return { event: 'done' };
      }

      handleDisconnect(_client: unknown, code?: number): void {
        order.push(`gone with ${code}`);
      }
    }
    const app = await startApp(platform, { providers: [WorkGateway, Database] });
    const client = await app.connect('/work');
    client.sendJson({ event: 'work' });
    await eventually(() => expect(order).toEqual(['started']), 'the handler');
    const closing = app.close();
    await eventually(async () => expect(await upgradeStatus(app, '/work')).toBe(503), '503');
    door.open();
    expect(await client.json()).toEqual({ event: 'done' });
    await closing;
    expect(order).toEqual(['started', 'done', 'gone with 1001', 'database closed']);
  });

  it('guards and middleware of HTTP are for routes; gateways keep to those of gateways', async () => {
    @Injectable()
    class NobodyGuard implements CanActivate {
      canActivate(): boolean {
        return false;
      }
    }
    @Controller()
    @UseGuards(NobodyGuard)
    class ClosedController extends EchoController {}
    const app = await startApp(platform, { controllers: [ClosedController], providers: [Gateway] });
    await expect(app.connect('/echo')).rejects.toBeInstanceOf(RefusedError);
    expect(await upgradeStatus(app, '/chat')).toBe(101);
  });

  it.each([
    ['the path of a gateway', ChatController, gatewayAt(undefined, 'chat'), '/chat'],
    ['the path of a gateway without one', RootController, gatewayAt(undefined, undefined), '/'],
    ['a path that a gateway takes', LobbyController, gatewayAt(undefined, 'room/:id'), 'room'],
  ])('a route on %s is refused at start', async (_what, controller, gateway, path) => {
    const fault = await startFault(platform, { controllers: [controller], providers: [gateway] });
    expect(fault.name).toBe('WebSocketPathTakenException');
    expect(fault.message).toContain('the gateway PushGateway');
    expect(fault.message).toContain(path);
  });

  it('a route on the path of a gateway with a port of its own is none of its business', async () => {
    const app = await startApp(platform, {
      controllers: [ChatController],
      providers: [gatewayAt(app0Port(), 'chat')],
    });
    expect(await upgradeStatus(app, '/chat')).toBe(101);
  });
});

/** Where nothing has to be listened on: any port will do. */
function app0Port(): number {
  return 20_000 + (process.pid % 10_000);
}
