import { Controller, Get } from '@nestjs/common';
import { WebSocket, WebSocketMode } from 'nestjs-revali-ws';
import { startApp } from '../../support/apps/app-factory.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';

@Controller('example')
class OptionsController {
  @WebSocket('websocket')
  plain(): string {
    return 'plain';
  }

  @WebSocket.mode('sendOnly')
  feed(): string {
    return 'feed';
  }

  @WebSocket.ping('often', { ping: '5s' })
  often(): string {
    return 'often';
  }

  @WebSocket('never', { ping: false, mode: WebSocketMode.receiveOnly })
  never(): string {
    return 'never';
  }

  @Get('websocket')
  get(): string {
    return 'an answer over HTTP';
  }
}

describe.each(platforms)('the forms of @WebSocket on $name', (platform) => {
  afterEach(closeAllApps);

  it('logs each route as Nest logs its own, with mode and ping where they are not the default', async () => {
    const app = await startApp(platform, { controllers: [OptionsController] });
    const lines = app.logs.messages('log').filter((line) => line.includes(', WS} route'));
    expect(lines).toEqual([
      'Mapped {/example/websocket, WS} route',
      'Mapped {/example, WS} route (mode: sendOnly)',
      'Mapped {/example/often, WS} route (ping: 5000 ms)',
      'Mapped {/example/never, WS} route (mode: receiveOnly, ping: off)',
    ]);
  });

  it('serves @WebSocket.mode() at the path of the controller, in that mode', async () => {
    const app = await startApp(platform, { controllers: [OptionsController] });
    const client = await app.connect('/example');
    expect(await client.text()).toBe('feed');
    expect(await client.closed).toMatchObject({ code: 1000, reason: 'Normal closure' });
  });

  it('serves @WebSocket.ping() with a heartbeat of its own', async () => {
    @Controller('example')
    class PingController {
      @WebSocket.ping('pinged', { ping: 20 })
      pinged(): string {
        return 'pinged';
      }
    }
    const app = await startApp(platform, { controllers: [PingController] });
    const client = await app.connect('/example/pinged');
    await client.nextPing();
  });

  it('serves a WebSocket route and an HTTP route on one path', async () => {
    const app = await startApp(platform, { controllers: [OptionsController] });
    const client = await app.connect('/example/websocket');
    client.send('?');
    expect(await client.text()).toBe('plain');
    expect(await app.get('/example/websocket')).toMatchObject({
      status: 200,
      body: 'an answer over HTTP',
    });
  });
});
