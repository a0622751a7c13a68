import { Body, Controller } from '@nestjs/common';
import { WebSocket } from 'nestjs-revali-ws';
import { closeAllApps, startedApps } from '../support/apps/running-app.js';
import { startApp } from '../support/apps/app-factory.js';
import { platforms } from '../support/apps/platforms.js';

@Controller('example')
class EchoController {
  @WebSocket('websocket')
  echo(@Body() message: string): string {
    return `Echo: ${message}`;
  }

  @WebSocket('json')
  json(@Body() message: { n: number }): { twice: number } {
    return { twice: message.n * 2 };
  }

  @WebSocket('fail')
  fail(): string {
    throw new Error('secret');
  }
}

describe.each(platforms)('echo on $name', (platform) => {
  afterEach(closeAllApps);

  it('answers a text message', async () => {
    const app = await startApp(platform, { controllers: [EchoController] });
    const client = await app.connect('/example/websocket');
    client.send('hi');
    expect(await client.text()).toBe('Echo: hi');
    expect(app.logs.messages('log')).toContain('Mapped {/example/websocket, WS} route');
    await app.close();
    expect(startedApps).toBeDefined();
  });

  it('closes with 1011 when a handler throws', async () => {
    const app = await startApp(platform, { controllers: [EchoController] });
    const client = await app.connect('/example/fail');
    client.send('hi');
    expect(await client.closed).toMatchObject({ code: 1011, reason: 'Internal server error' });
  });
});
